"""Texts that tend to break string handling, and texts as a municipality has them."""

import random

NAMES = (
    "张三", "张三丰", "李四", "王小明", "欧阳娜娜", "赵", "𠮷田太郎", "O'Neil \"Bob\"", "back\\slash", "买买提·艾力",
    "Zoë Zo\u0308e", "a.b*(c", "枣庄某某商贸有限公司", "100%_百", "👩\u200d⚖️法官", "de\tTab",
)  # fmt: skip
"""Names of parties: no empty one, but substrings of each other and characters that patterns give a meaning to."""

PLACES = ("市中区", "薛城区", "滕州市", "中心街街道", "各塔埠街道", "兴仁街道", "荆河街道", "重庆路社区", "长安里", "龙泉")
BODIES = (
    "司法局",
    "人民调解委员会",
    "非诉中心",
    "市场监管局",
    "信访局",
    "人民调解委员会",
    "Éclair 调解室",
    "é\u0301",
    "重庆路",
)

NASTY = (
    "", " ", "'", '"', "\\", "\\\\\"'", "/</script>&amp;", "null", "tab\tnew\nline\rfeed\x0c\x08", "\x01\x1f\x7f", "\u2028\u2029",
    "😀👨\u200d👩\u200d👧\U0001f1e8\U0001f1f3", "e\u0301é", "𠮷野家𪚥", "\ufeff\u200b", "ﬁ全角ＡＢＣ　空", "İIıß", "%_%", "؟عربي",
    '{"a":[1,null]}', "$1 ? :x {y}", "--;/**/", "\uffee\uffff", "长" * 120,
)  # fmt: skip

ORDINARY = (
    "买卖合同纠纷",
    "邻里纠纷",
    "劳动争议",
    "民间借贷纠纷",
    "物业服务合同",
    "调解中",
    "电话13812341234",
    "身份证370402199001010016",
)


def text(rng: random.Random) -> str:
    """A text, nasty one time in three."""
    if rng.random() < 0.34:
        return rng.choice(NASTY)
    if rng.random() < 0.1:
        return rng.choice(ORDINARY) + rng.choice(NASTY)
    return rng.choice(ORDINARY)


def optional(rng: random.Random) -> str | None:
    """A text or none."""
    return None if rng.random() < 0.3 else text(rng)


def telling(rng: random.Random, names: list[str]) -> str:
    """A title or a story that names people, numbers and telephones."""
    parts = [rng.choice(names) if names and rng.random() < 0.6 else text(rng) for _ in range(rng.randint(1, 4))]
    return rng.choice(("", "与", " ", "，")).join(parts)
