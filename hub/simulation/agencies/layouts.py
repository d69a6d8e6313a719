"""Each agency's side of its exchange agreement: the record, how it is written down and how often it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_Pairs = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A record as its agency exports it.

    `fields` names the heading of each part: id, date, upd, state, A and B (the sides), Aid and Bid, AB (both in one
    cell), type, amount, region, phone, agreement, ref. `words` are the agency's own types and the codes they stand
    for. `header` is the row of the headings in a sheet, counted from 1; `every` the days between two files.
    """

    record: str
    kind: str
    form: str
    encoding: str = "utf-8"
    header: int | None = None
    title: str = ""
    columns: tuple[str, ...]
    fields: Mapping[str, str]
    required: tuple[str, ...]
    unit: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    every: int = 1
    by: str | None = None

    @property
    def lone_type(self) -> str | None:
        """The code of every row where the record has no column for types."""
        return next(iter(self.words.values())) if self.words and "type" not in self.fields else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _paired(text: str) -> _Pairs:
    return dict(pair.split("=") for pair in text.split())


_ALL = (
    Layout(
        record="court-referral",
        kind="case",
        form="xml",
        encoding="gb18030",
        by="court",
        unit="元",
        columns=_listed(
            "委派编号 案号 委派法院 案由 申请人 被申请人 标的额(元) 委派类型 审理程序 委派日期 调解组织 承办人 "
            "联系电话 更新时间 记录状态"
        ),
        fields=_paired(
            "id=委派编号 type=案由 A=申请人 B=被申请人 amount=标的额(元) date=委派日期 "
            "phone=联系电话 upd=更新时间 state=记录状态"
        ),
        required=_listed("委派编号 申请人 委派日期"),
        words=_paired(
            "买卖合同纠纷=04 民间借贷纠纷=16 机动车交通事故责任纠纷=13 物业服务合同纠纷=14 离婚纠纷=01 "
            "相邻关系纠纷=02 医疗损害责任纠纷=12 土地承包经营权纠纷=07 金融借款合同纠纷=22 健康权纠纷=06"
        ),
    ),
    Layout(
        record="petition",
        kind="case",
        form="csv",
        columns=_listed(
            "信访件编号 登记日期 信访形式 信访人 证件类型 证件号码 人数 问题属地 内容分类 转送方式 办理单位 办理期限 "
            "办理状态 复查复核 反映问题 被反映方 被反映方证件号码 联系电话 记录状态 gxsj"
        ),
        fields=_paired(
            "id=信访件编号 date=登记日期 A=信访人 Atype=证件类型 Aid=证件号码 region=问题属地 "
            "type=内容分类 B=被反映方 Bid=被反映方证件号码 phone=联系电话 state=记录状态 upd=gxsj"
        ),
        required=_listed("信访件编号 信访人 登记日期"),
        words=_paired(
            "邻里纠纷=02 宅基地=03 征地拆迁=15 拖欠农民工工资=10 医疗纠纷=12 物业管理=14 民间借贷=16 "
            "土地承包=07 环境污染=09 消费维权=19 婚姻家庭=01"
        ),
    ),
    Layout(
        record="police-order",
        kind="case",
        form="csv",
        encoding="gb18030",
        columns=_listed(
            "警情编号 报警时间 派出所 警情类别 纠纷类型 当事人甲 当事人乙 处置方式 是否移交调解 重复警情次数 风险等级 "
            "辖区代码 联系电话 更新时间"
        ),
        fields=_paired(
            "id=警情编号 date=报警时间 type=纠纷类型 A=当事人甲 B=当事人乙 region=辖区代码 phone=联系电话 upd=更新时间"
        ),
        required=_listed("警情编号 当事人甲 报警时间"),
        words=_paired(
            "邻里纠纷=02 家庭纠纷=01 借贷纠纷=16 损害赔偿=06 欠薪纠纷=10 消费纠纷=19 土地纠纷=07 物业纠纷=14"
        ),
    ),
    Layout(
        record="police-traffic",
        kind="case",
        form="csv",
        encoding="gbk",
        unit="元",
        columns=_listed(
            "事故编号 事故时间 事故地点 事故认定书号 当事人 责任划分 伤亡情况 损失金额 调解申请日期 调解结果 "
            "调解书日期 更新时间"
        ),
        fields=_paired("id=事故编号 date=事故时间 AB=当事人 amount=损失金额 upd=更新时间"),
        required=_listed("事故编号 当事人 事故时间"),
        words=_paired("道路交通事故=13"),
    ),
    Layout(
        record="justice-mediation",
        kind="case",
        form="xlsx",
        header=3,
        title="{year}年度人民调解案件台账",
        every=7,
        unit="元",
        columns=_listed(
            "卷宗号 调解组织 调解员 纠纷类型 案件来源 受理日期 申请人 申请人身份证号 被申请人 被申请人证件号 "
            "涉及金额(元) 调解结果 协议类型 履行情况 协议编号 联系电话 更新时间"
        ),
        fields=_paired(
            "id=卷宗号 type=纠纷类型 date=受理日期 A=申请人 Aid=申请人身份证号 B=被申请人 "
            "Bid=被申请人证件号 amount=涉及金额(元) agreement=协议编号 phone=联系电话 "
            "upd=更新时间"
        ),
        required=_listed("卷宗号 申请人 受理日期"),
        words=_paired(
            "婚姻家庭=01 邻里=02 房屋宅基地=03 合同=04 损害赔偿=06 山林土地=07 环境污染=09 "
            "拖欠农民工工资=10 医疗=12 道路交通事故=13 物业=14 征地拆迁=15 民间借贷=16"
        ),
    ),
    Layout(
        record="justice-register",
        kind="register",
        form="xlsx",
        header=2,
        title="人民调解组织和人民调解员名册",
        every=30,
        columns=_listed(
            "序号 组织名称 组织类型 行政区划代码 负责人 调解员姓名 身份证号 专职/兼职 学历 擅长领域 聘任日期 任期至 "
            "状态"
        ),
        fields=_paired("region=行政区划代码 A=调解员姓名 Aid=身份证号 date=聘任日期"),
        required=_listed("调解员姓名 聘任日期 行政区划代码 身份证号"),
    ),
    Layout(
        record="court-confirm",
        kind="attachment",
        form="json",
        by="court",
        columns=_listed(
            "申请编号 协议编号 受理法院 案号 申请日期 受理日期 裁定结果 裁定日期 驳回事由 执行案号 执行状态 更新时间"
        ),
        fields=_paired("id=申请编号 ref=协议编号 date=申请日期 upd=更新时间"),
        required=_listed("申请编号 协议编号 申请日期"),
    ),
    Layout(
        record="notary",
        kind="attachment",
        form="json",
        every=7,
        unit="元",
        columns=_listed(
            "公证书编号 公证处 公证事项 当事人 受理日期 出证日期 是否赋予强制执行效力 关联协议编号 收费(元) 状态 "
            "更新时间"
        ),
        fields=_paired("id=公证书编号 AB=当事人 date=受理日期 ref=关联协议编号 amount=收费(元) upd=更新时间"),
        required=_listed("公证书编号 当事人 受理日期"),
    ),
    Layout(
        record="appraisal",
        kind="attachment",
        form="xml",
        every=7,
        columns=_listed(
            "鉴定编号 鉴定机构 委托方 鉴定事项 委托日期 受理日期 延长期限 补充材料起止 出具日期 鉴定意见摘要 状态 "
            "关联委派编号 更新时间"
        ),
        fields=_paired("id=鉴定编号 A=委托方 date=委托日期 ref=关联委派编号 upd=更新时间"),
        required=_listed("鉴定编号 委托方 委托日期"),
    ),
    Layout(
        record="health",
        kind="case",
        form="soap",
        every=7,
        unit="元",
        columns=_listed(
            "纠纷编号 医疗机构 机构代码 患者姓名 患者证件号 科室 发生日期 受理日期 索赔金额(元) 是否鉴定 鉴定起止 "
            "调解结果 赔付金额(元) 联系电话 更新时间 记录状态"
        ),
        fields=_paired(
            "id=纠纷编号 B=医疗机构 Bid=机构代码 A=患者姓名 Aid=患者证件号 date=受理日期 "
            "amount=索赔金额(元) phone=联系电话 upd=更新时间 state=记录状态"
        ),
        required=_listed("纠纷编号 患者姓名 受理日期"),
        words=_paired("医疗纠纷=12"),
    ),
    Layout(
        record="market",
        kind="case",
        form="envelope",
        unit="元",
        columns=_listed(
            "投诉编号 登记时间 投诉人 投诉人证件号 被投诉单位 信用代码 商品/服务类别 争议金额 受理决定日期 "
            "调解终止日期 调解结果 终止原因 联系电话 更新时间 记录状态"
        ),
        fields=_paired(
            "id=投诉编号 date=登记时间 A=投诉人 Aid=投诉人证件号 B=被投诉单位 Bid=信用代码 "
            "amount=争议金额 phone=联系电话 upd=更新时间 state=记录状态"
        ),
        required=_listed("投诉编号 投诉人 登记时间"),
        words=_paired("消费投诉=19"),
    ),
    Layout(
        record="natural-res",
        kind="case",
        form="xlsx",
        header=3,
        title="{year}年自然资源争议调处情况表",
        every=7,
        columns=_listed(
            "争议编号 争议类型 坐落 属地代码 地块编号 面积(亩) 申请人 被申请人 受理日期 调解结果 处理决定日期 更新时间"
        ),
        fields=_paired("id=争议编号 type=争议类型 region=属地代码 A=申请人 B=被申请人 date=受理日期 upd=更新时间"),
        required=_listed("争议编号 申请人 受理日期"),
        words=_paired("土地权属=07 林地=07 征地补偿=15"),
    ),
    Layout(
        record="finance",
        kind="case",
        form="xlsx",
        header=2,
        title="{year}年金融纠纷调解情况表",
        every=7,
        unit="元",
        columns=_listed(
            "纠纷编号 金融机构 机构信用代码 业务类型 借款人 借款人身份证号 本金(元) 逾期天数 受理日期 调解组织 "
            "还款方案 是否司法确认 结果 更新时间"
        ),
        fields=_paired(
            "id=纠纷编号 A=金融机构 Aid=机构信用代码 B=借款人 Bid=借款人身份证号 amount=本金(元) "
            "date=受理日期 upd=更新时间"
        ),
        required=_listed("纠纷编号 借款人 受理日期"),
        words=_paired("金融=22"),
    ),
    Layout(
        record="chamber",
        kind="case",
        form="xlsx",
        header=3,
        title="{year}年商会调解案件统计表",
        every=30,
        unit="万元",
        columns=_listed(
            "商会名称 调解组织 调解员 申请企业 统一社会信用代码 对方当事人 对方证件号码 纠纷类型 涉案金额(万元) "
            "受理日期 调解结果 协议日期 协议编号 案件编号 更新时间"
        ),
        fields=_paired(
            "A=申请企业 Aid=统一社会信用代码 B=对方当事人 Bid=对方证件号码 type=纠纷类型 "
            "amount=涉案金额(万元) date=受理日期 agreement=协议编号 id=案件编号 upd=更新时间"
        ),
        required=_listed("案件编号 申请企业 受理日期"),
        words=_paired("合同=04 劳动争议=11 生产经营=05 金融=22"),
    ),
    Layout(
        record="hotline-12345",
        kind="case",
        form="csv",
        encoding="utf-8-sig",
        columns=_listed(
            "工单编号 受理时间 来源渠道 诉求人 诉求人证件号 联系电话 诉求地址 属地代码 诉求内容 分类 被诉求方 "
            "被诉求方证件号 承办单位 办理期限 办理结果 满意度 更新时间"
        ),
        fields=_paired(
            "id=工单编号 date=受理时间 A=诉求人 Aid=诉求人证件号 phone=联系电话 region=属地代码 "
            "type=分类 B=被诉求方 Bid=被诉求方证件号 upd=更新时间"
        ),
        required=_listed("工单编号 诉求人 受理时间"),
        words=_paired(
            "邻里关系=02 物业管理=14 消费投诉=19 欠薪=10 征地拆迁=15 医疗纠纷=12 环保=09 交通事故=13 宅基地=03 家庭=01"
        ),
    ),
    Layout(
        record="town-ledger",
        kind="case",
        form="xlsx",
        header=4,
        title="{town}矛盾纠纷排查化解台账（{year}年{half}）",
        every=15,
        by="town",
        columns=_listed(
            "序号 村居 排查日期 排查人 纠纷简要情况 当事人 联系电话 涉及人数 风险等级 化解措施 包保责任人 是否化解 "
            "纠纷类别"
        ),
        fields=_paired("id=序号 date=排查日期 AB=当事人 phone=联系电话 type=纠纷类别"),
        required=_listed("当事人 排查日期"),
        words=_paired("邻里=02 婚姻家庭=01 山林土地=07 房屋宅基地=03"),
    ),
)
LAYOUTS: Mapping[str, Layout] = {layout.record: layout for layout in _ALL}
