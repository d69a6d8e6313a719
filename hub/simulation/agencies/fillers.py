"""What stands in the columns that no rule reads: believable, and always the same for the same record."""

import datetime as dt
from collections.abc import Callable, Mapping

from hub.simulation import names
from hub.simulation.agencies.sights import Sight, Version
from hub.simulation.chance import Chance

Filler = Callable[[Sight, Version, Chance], str]


def _of(*options: str) -> Filler:
    return lambda _sight, _version, chance: chance.choice(options)


def _days_after(least: int, most: int) -> Filler:
    def day(_sight: Sight, version: Version, chance: Chance) -> str:
        return f"{version.happened_on + dt.timedelta(days=chance.randint(least, most)):%Y-%m-%d}"

    return day


def _result(_sight: Sight, version: Version, _chance: Chance) -> str:
    return version.result


def _ended(sight: Sight, version: Version, chance: Chance) -> str:
    return _days_after(5, 25)(sight, version, chance) if version.result in {"达成协议", "调解不成"} else ""


def _person(_sight: Sight, _version: Version, chance: Chance) -> str:
    return names.person(chance, male=chance.happens(0.6))


def _short_place(sight: Sight) -> str:
    return sight.place.name.removesuffix("街道").removesuffix("镇")


def _performed(_sight: Sight, version: Version, chance: Chance) -> str:
    return chance.choice(("已履行", "履行中")) if version.agreement else ""


FILLERS: Mapping[str, Filler] = {
    "审理程序": _of("诉前", "简易程序", "—"),
    "承办人": lambda s, v, c: _person(s, v, c)[0] + "法官",
    "信访形式": _of("来信", "来访", "网上", "电话"),
    "人数": lambda s, _v, _c: str(len(s.quarrel.applicants)),
    "转送方式": _of("转送", "交办"),
    "办理期限": _days_after(15, 60),
    "办理状态": _result,
    "复查复核": _of("", "无", "复查"),
    "反映问题": lambda s, _v, _c: s.quarrel.story,
    "诉求内容": lambda s, _v, _c: s.quarrel.story,
    "纠纷简要情况": lambda s, _v, _c: s.quarrel.story,
    "派出所": lambda s, _v, _c: f"{_short_place(s)}派出所",
    "警情类别": _of("非警务警情", "治安纠纷"),
    "处置方式": _result,
    "是否移交调解": _of("是", "否"),
    "重复警情次数": _of("1", "1", "1", "2", "3"),
    "风险等级": _of("蓝", "黄", "橙", "红"),
    "事故地点": lambda s, _v, c: names.office(c, s.place.name),
    "事故认定书号": lambda _s, v, c: f"第3704{v.happened_on.year}{c.digits(6)}号",
    "责任划分": _of("甲方全责", "主次责任", "同等责任"),
    "伤亡情况": _of("无伤亡", "1人轻伤", "2人轻微伤"),
    "调解申请日期": _days_after(1, 10),
    "调解结果": _result,
    "结果": _result,
    "办理结果": _result,
    "调解书日期": _ended,
    "调解员": _person,
    "案件来源": _of("依申请", "主动调解", "移送"),
    "协议类型": lambda _s, v, c: c.choice(("书面", "口头")) if v.agreement else "",
    "履行情况": _performed,
    "公证处": _of("枣庄市鲁南公证处", "滕州市公证处"),
    "公证事项": _of("债权文书", "调解协议"),
    "是否赋予强制执行效力": _of("是", "否"),
    "鉴定机构": _of("枣庄正衡司法鉴定所"),
    "鉴定事项": _of("伤残等级", "医疗损害", "工程质量", "笔迹"),
    "延长期限": _of("", "30", "15"),
    "补充材料起止": _of("", "2025-03-01至2025-03-10"),
    "科室": _of("骨科", "普外科", "妇产科", "儿科"),
    "是否鉴定": _of("是", "否"),
    "鉴定起止": _of("", "/"),
    "商品/服务类别": _of("家用电器", "服装鞋帽", "餐饮服务", "汽车及零部件", "预付卡"),
    "受理决定日期": _days_after(1, 7),
    "调解终止日期": _ended,
    "终止原因": lambda _s, v, _c: v.result if v.result == "调解不成" else "",
    "坐落": lambda s, _v, c: names.dwelling(c, s.place.name, urban=False),
    "地块编号": lambda s, _v, c: f"{s.place.code}GB{c.digits(5)}",
    "面积(亩)": lambda _s, _v, c: f"{c.around(2, 0.8):.2f}",
    "处理决定日期": _ended,
    "业务类型": _of("个人贷款", "小额贷款", "信用卡", "融资租赁"),
    "逾期天数": lambda _s, _v, c: str(c.randint(31, 900)),
    "还款方案": _of("分期还款", "减免罚息", "一次结清", ""),
    "是否司法确认": _of("是", "否"),
    "商会名称": lambda s, _v, c: f"{_short_place(s)}{c.choice(('机械', '食品', '纺织', '建材'))}商会",
    "协议日期": lambda s, v, c: _days_after(3, 20)(s, v, c) if v.agreement else "",
    "来源渠道": _of("12345热线", "两枣平台", "微信", "网站"),
    "诉求地址": lambda s, _v, c: names.dwelling(c, s.place.name, urban=not s.place.name.endswith("镇")),
    "承办单位": lambda s, _v, _c: f"{s.place.name}{'办事处' if s.place.name.endswith('街道') else '人民政府'}",
    "满意度": _of("满意", "基本满意", "不满意", ""),
    "村居": lambda _s, _v, c: names.village(c),
    "排查人": lambda s, v, c: _person(s, v, c)[0] + "网格员",
    "涉及人数": lambda s, _v, _c: f"{len(s.quarrel.applicants) + len(s.quarrel.respondents)}人",
    "化解措施": _of("村调委会已介入", "镇村联合调处", "上门劝解"),
    "包保责任人": _of("村书记", "包村干部", "网格长"),
    "是否化解": _of("是", "否"),
    "赔付金额(元)": lambda _s, _v, _c: "",
}
"""By heading; a column without one stays empty."""
