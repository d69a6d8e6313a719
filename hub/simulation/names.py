"""Names as people, companies and villages of southern Shandong have them; nobody in particular."""

from hub.simulation.chance import Chance, Weighted

_SURNAMES = {
    9: "王李张",
    7: "刘",
    4.5: "陈孙杨赵",
    2.5: "徐周马朱高",
    1.7: "宋韩郭胡吴孔孟",
    1: "田黄任侯秦褚邵颜",
    0.5: "种鲍殷渠甘满龙司单",
}
SURNAMES = Weighted(
    {sign: weight for weight, signs in _SURNAMES.items() for sign in signs} | {"欧阳": 0.1, "司马": 0.1}
)
_MALE = "伟强磊军勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆东亮峰海波庆国建文志德成永振玉宝福洪"
_FEMALE = "芳娜敏静丽艳娟霞秀玲桂英梅红玉兰洁雪倩婷慧莹琳颖萍燕云凤琴淑荣爱美晓文欣怡雅佳"
_ELDER_MALE = ["建国", "国庆", "卫东", "跃进", "德胜", "广仁", "传福", "兆林", "成吉", "继先", "宜文", "庆祥"]
_ELDER_FEMALE = ["秀英", "桂兰", "玉珍", "淑芳", "凤英", "素云", "兰英", "桂荣", "秀芝", "翠兰"]

_PREFIXES = [
    "鲁南",
    "金叶",
    "恒泰",
    "新城",
    "瑞丰",
    "华茂",
    "泰和",
    "盛源",
    "中兴",
    "榴花",
    "运河",
    "微山湖",
    "抱犊",
    "嘉诺",
    "凯源",
    "正大",
]
_MIDDLES = "昌达隆信诚鸿润通安丰和顺源泽康宁"
_PLACE = {
    "370402": "市中",
    "370403": "薛城",
    "370404": "峄城",
    "370405": "台儿庄",
    "370406": "山亭",
    "370481": "滕州",
}
_VILLAGE_HEADS = "前后东西南北大小上下新老"
_VILLAGE_STEMS = "王李张刘陈孙杨赵郭马石龙柳枣榴泉岭河桃槐"
_VILLAGE_ENDS = ["庄村", "楼村", "营村", "集村", "村", "桥村", "泉村", "山口村", "寨村", "屯村", "家湾村", "埠村"]
_ESTATES = [
    "龙泉",
    "鑫昌",
    "东方",
    "光明",
    "和谐",
    "翠湖",
    "祁连山",
    "文化",
    "华山",
    "衡山",
    "枣矿",
    "幸福",
    "建设",
    "解放",
]
TRADES = {
    "trade": ("商贸有限公司", "贸易有限公司", "百货有限公司"),
    "building": ("建筑工程有限公司", "建安工程有限公司", "装饰工程有限公司"),
    "factory": ("机械制造有限公司", "纺织有限公司", "煤化工有限公司", "水泥有限公司", "锂电科技有限公司"),
    "estate": ("房地产开发有限公司", "置业有限公司"),
    "property": ("物业服务有限公司", "物业管理有限公司"),
    "bank": ("农村商业银行股份有限公司", "小额贷款有限公司", "融资租赁有限公司"),
    "hospital": ("人民医院", "中医医院", "妇幼保健院"),
    "shop": ("超市有限公司", "电子商务有限公司", "餐饮管理有限公司", "汽车销售服务有限公司", "家居有限公司"),
    "school": ("实验学校", "第三中学", "中心幼儿园"),
    "insurance": ("财产保险枣庄中心支公司", "人寿财产保险枣庄中心支公司"),
    "travel": ("国际旅行社有限公司", "文化旅游发展有限公司"),
    "farm": ("农业科技有限公司", "种植专业合作社", "果蔬专业合作社"),
    "bureau": ("自然资源和规划局", "综合行政执法局", "人力资源和社会保障局", "住房和城乡建设局"),
}
"""What a company of each trade is called."""


def person(chance: Chance, *, male: bool, elder: bool = False) -> str:
    """A name; elders have the names of their time."""
    surname = chance.pick(SURNAMES)
    if elder and chance.happens(0.6):
        return surname + chance.choice(_ELDER_MALE if male else _ELDER_FEMALE)
    signs = _MALE if male else _FEMALE
    return surname + "".join(chance.choices(signs, k=1 if chance.happens(0.3) else 2))


def company(chance: Chance, trade: str, district: str) -> str:
    """A company, hospital, school or bureau of that district."""
    place = _PLACE.get(district, "枣庄")
    ending = chance.choice(TRADES[trade])
    if trade in ("hospital", "bureau", "school"):
        return f"{place}{'区' if place not in ('滕州', '枣庄') else '市'}{ending}"
    if trade == "insurance":
        return chance.choice(("中鲁", "泰岳", "安运", "齐信")) + ending
    where = chance.choice((place, "枣庄", f"枣庄市{place}"))
    return f"{where}{chance.choice(_PREFIXES)}{chance.choice(_MIDDLES)}{ending}"


def village(chance: Chance) -> str:
    """A village."""
    return chance.choice(_VILLAGE_HEADS) + chance.choice(_VILLAGE_STEMS) + chance.choice(_VILLAGE_ENDS)


def community(chance: Chance) -> str:
    """A community of a street."""
    return chance.choice(_ESTATES) + chance.choice(("路社区", "社区", "花园社区", "里社区", "新村社区"))


def dwelling(chance: Chance, town: str, *, urban: bool) -> str:
    """Where someone lives, below the district."""
    if urban:
        block, door = chance.randint(1, 28), chance.randint(101, 1802)
        return f"{town}{chance.choice(_ESTATES)}小区{block}号楼{chance.randint(1, 4)}单元{door}室"
    return f"{town}{village(chance)}{chance.randint(1, 320)}号"


def office(chance: Chance, town: str) -> str:
    """Where a company sits, below the district."""
    return f"{town}{chance.choice(_ESTATES)}路{chance.randint(1, 599)}号"
