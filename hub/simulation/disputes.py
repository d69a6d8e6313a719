"""What people quarrel about: per dispute type its share, domain, sums, opponents, channels and modes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.schema.cases import Domain
from hub.simulation.chance import Weighted

PERSON: Final = "person"
"""An opponent who is no company; every other one is a trade of `names.TRADES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One dispute type. `middle` is the median sum in yuan (0: no sum)."""

    share: float
    domain: Domain
    middle: int = 0
    against: Mapping[str, float]
    channels: Mapping[str, float]
    modes: Mapping[str, float]
    severity: tuple[float, float, float, float] = (40, 48, 10, 2)
    claimant: str = PERSON


_DIRECT = {"01": 28, "02": 5, "03": 6, "04": 4, "11": 30, "05": 8, "07": 8, "08": 8, "09": 2, "12": 1}
_COURT = {"08": 34, "01": 24, "02": 7, "03": 6, "04": 4, "05": 9, "11": 8, "10": 3, "09": 3, "13": 0.5, "99": 0.5}
_CONSUMER = {"06": 46, "05": 28, "01": 10, "02": 6, "03": 6, "08": 3, "13": 1}
_LABOUR = {"01": 24, "10": 14, "05": 20, "09": 9, "08": 14, "11": 6, "04": 6, "12": 2, "02": 3}
_STATE = {"09": 26, "01": 24, "05": 20, "11": 10, "10": 8, "12": 6, "08": 4}
_PEOPLE = {"RM": 100}

STORIES: Mapping[str, Story] = {
    "01": Story(
        share=14, domain=Domain.FAMILY,
        middle=42_000, against={PERSON: 1}, channels=_DIRECT, modes={"RM": 92, "LS": 5, "FYZ": 3},
        severity=(44, 46, 9, 1),
    ),
    "02": Story(
        share=20, domain=Domain.CIVIL,
        middle=3_000, against={PERSON: 1}, channels=_DIRECT | {"11": 44}, modes=_PEOPLE,
        severity=(70, 27, 3, 0.3),
    ),
    "03": Story(
        share=5, domain=Domain.CIVIL,
        middle=28_000, against={PERSON: 72, "estate": 28}, channels=_DIRECT | {"08": 16}, modes={"RM": 90, "LS": 10},
    ),
    "04": Story(
        share=8, domain=Domain.COMMERCIAL,
        middle=86_000, against={PERSON: 30, "trade": 40, "factory": 30}, channels=_COURT,
        modes={"HY": 40, "SS": 16, "RM": 30, "LS": 8, "ZC": 6}, severity=(22, 56, 19, 3), claimant="trade",
    ),
    "05": Story(
        share=3, domain=Domain.COMMERCIAL,
        middle=52_000, against={PERSON: 52, "farm": 48}, channels=_COURT, modes={"RM": 66, "HY": 24, "SS": 10},
    ),
    "06": Story(
        share=8, domain=Domain.CIVIL,
        middle=9_500, against={PERSON: 84, "building": 16}, channels=_DIRECT | {"07": 30}, modes={"RM": 78, "XT": 22},
    ),
    "07": Story(
        share=5, domain=Domain.CIVIL,
        middle=14_000, against={PERSON: 76, "farm": 24}, channels=_DIRECT | {"11": 40},
        modes={"RM": 78, "TD": 12, "CJ": 10}, severity=(34, 50, 14, 2),
    ),
    "08": Story(
        share=1.5, domain=Domain.ADMINISTRATIVE,
        against={"bureau": 1}, channels=_STATE, modes={"FY": 82, "XT": 18}, severity=(14, 58, 24, 4),
    ),
    "09": Story(
        share=1, domain=Domain.CIVIL,
        middle=22_000, against={"factory": 70, "shop": 30}, channels=_STATE, modes={"XT": 64, "RM": 36},
        severity=(16, 56, 24, 4),
    ),
    "10": Story(
        share=4, domain=Domain.CIVIL,
        middle=36_000, against={"building": 78, PERSON: 22}, channels=_LABOUR,
        modes={"HY": 40, "RM": 34, "LZ": 16, "FYZ": 10}, severity=(18, 50, 26, 6),
    ),
    "11": Story(
        share=4, domain=Domain.CIVIL,
        middle=32_000, against={"factory": 56, "shop": 30, "building": 14}, channels=_LABOUR,
        modes={"HY": 36, "LZ": 36, "RM": 22, "FYZ": 6}, severity=(20, 56, 21, 3),
    ),
    "12": Story(
        share=1.5, domain=Domain.CIVIL,
        middle=76_000, against={"hospital": 1}, channels=_COURT | {"10": 22, "09": 10},
        modes={"HY": 84, "XT": 12, "JD": 4},
        severity=(6, 46, 38, 10),
    ),
    "13": Story(
        share=9, domain=Domain.CIVIL,
        middle=24_000, against={PERSON: 66, "insurance": 34}, channels=_COURT | {"07": 40, "08": 26, "10": 12},
        modes={"XT": 44, "RM": 32, "HY": 20, "JD": 4}, severity=(30, 52, 16, 2),
    ),
    "14": Story(
        share=4, domain=Domain.CIVIL,
        middle=2_800, against={"property": 1}, channels=_COURT | {"05": 26}, modes={"RM": 70, "HY": 30},
        severity=(56, 38, 5.5, 0.5),
    ),
    "15": Story(
        share=2, domain=Domain.ADMINISTRATIVE,
        middle=160_000, against={"bureau": 74, "estate": 26}, channels=_STATE, modes={"XT": 54, "RM": 26, "FY": 20},
        severity=(4, 34, 44, 18),
    ),
    "16": Story(
        share=5, domain=Domain.CIVIL,
        middle=48_000, against={PERSON: 1}, channels=_COURT, modes={"RM": 74, "LS": 14, "GZ": 6, "HY": 6},
    ),
    "17": Story(
        share=0.4, domain=Domain.CIVIL,
        middle=2_200, against={"travel": 1}, channels=_CONSUMER, modes={"XT": 60, "RM": 40},
        severity=(60, 37, 3, 0.2),
    ),
    "18": Story(
        share=1, domain=Domain.CIVIL,
        middle=1_100, against={"shop": 1}, channels=_CONSUMER, modes={"XT": 74, "RM": 26},
        severity=(72, 26, 2, 0.2),
    ),
    "19": Story(
        share=3, domain=Domain.CIVIL,
        middle=3_400, against={"shop": 1}, channels=_CONSUMER, modes={"XT": 76, "RM": 24},
        severity=(60, 36, 3.5, 0.5),
    ),
    "20": Story(
        share=0.4, domain=Domain.COMMERCIAL,
        middle=30_000, against={"shop": 60, "trade": 40}, channels=_COURT, modes={"HY": 60, "CJ": 24, "SS": 16},
        severity=(8, 58, 30, 4), claimant="trade",
    ),
    "21": Story(
        share=0.4, domain=Domain.CIVIL,
        middle=4_000, against={PERSON: 70, "shop": 30}, channels=_COURT, modes={"RM": 72, "LS": 28},
    ),
    "22": Story(
        share=2.5, domain=Domain.COMMERCIAL,
        middle=120_000, against={PERSON: 72, "farm": 14, "trade": 14}, channels=_COURT | {"08": 52},
        modes={"HY": 78, "SS": 14, "GZ": 8}, severity=(16, 60, 20, 4), claimant="bank",
    ),
    "23": Story(
        share=0.8, domain=Domain.CIVIL,
        middle=8_000, against={"school": 1}, channels=_DIRECT | {"10": 14}, modes={"RM": 62, "HY": 22, "XT": 16},
    ),
    "99": Story(
        share=1, domain=Domain.CIVIL,
        middle=4_000, against={PERSON: 1}, channels=_DIRECT, modes=_PEOPLE, severity=(64, 32, 3.5, 0.5),
    ),
}  # fmt: skip
"""Every dispute type of the code list; shares are parts of about a hundred."""

TYPES = Weighted({code: story.share for code, story in STORIES.items()})
CHANNELS = {code: Weighted(story.channels) for code, story in STORIES.items()}
MODES = {code: Weighted(story.modes) for code, story in STORIES.items()}
AGAINST = {code: Weighted(story.against) for code, story in STORIES.items()}
SEVERITY = {code: Weighted(dict(zip("1234", story.severity, strict=True))) for code, story in STORIES.items()}
