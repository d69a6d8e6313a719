"""The register of mediators as the justice bureau exports it: whole at first and in July, else what changed."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hub.schema.mediators import Employment, Mediator, MediatorState
from hub.schema.organisations import Organisation
from hub.simulation import identifiers, names
from hub.simulation.agencies.cells import Pen
from hub.simulation.agencies.files import File, look_of
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.meanings import Reason, Registered, Row, Side
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.chance import Chance
from hub.simulation.register import Register
from hub.simulation.seeds import Seeds
from hub.store.ledger import Insert

LAYOUT = LAYOUTS["justice-register"]
KINDS = {
    "CITY_CENTRE": "市级非诉讼纠纷化解服务中心",
    "DISTRICT_CENTRE": "区（市）级非诉讼纠纷化解服务中心",
    "TOWN_CENTRE": "镇（街）级非诉讼纠纷化解服务中心",
    "SUB_CENTRE": "分中心",
    "VILLAGE_COMMITTEE": "村（居）人民调解委员会",
    "TOWN_COMMITTEE": "镇（街）人民调解委员会",
    "INDUSTRY_COMMITTEE": "行业性专业性人民调解委员会",
    "PERSONAL_STUDIO": "个人调解工作室",
    "ADMIN_MEDIATION": "行政调解组织",
    "LAWYER_ROOM": "律师调解工作室",
    "CHAMBER": "商会调解组织",
    "COMMERCIAL": "商事调解组织",
    "RECONSIDERATION": "行政复议机关",
    "ARBITRATION": "仲裁委员会",
    "LABOUR_ARB": "劳动人事争议仲裁院",
    "NOTARY": "公证机构",
    "APPRAISAL": "司法鉴定机构",
    "LEGAL_AID": "法律援助机构",
    "POLICE_STATION": "派出所",
    "AGENCY": "党政机关与群团",
    "COURT": "人民法院",
}
"""What the register calls the kinds of organisations."""

FIELDS = {
    "01": "婚姻家庭", "02": "邻里", "03": "房屋宅基地", "04": "合同", "05": "生产经营", "06": "损害赔偿",
    "07": "山林土地", "08": "行政争议", "09": "环境污染", "10": "拖欠农民工工资", "11": "劳动争议", "12": "医疗",
    "13": "道路交通事故", "14": "物业", "15": "征地拆迁", "16": "民间借贷", "17": "旅游", "18": "电子商务",
    "19": "消费", "20": "知识产权", "21": "互联网", "22": "金融", "23": "校园", "99": "其他",
}  # fmt: skip
"""What it calls the fields of mediators, which are types of disputes."""

_SCHOOLING = ("高中", "大专", "本科", "本科", "研究生")


class Roster:
    """The register: the same bodies and mediators as the municipality of the same seed."""

    def __init__(self, seeds: Seeds, quirks: Quirks, seed: int) -> None:
        self.seeds = seeds
        self.quirks = quirks
        self.seed = seed
        self.entries: list[Registered] = []
        self.started = False

    def of_day(self, day: dt.date) -> File | None:
        """The file of the day; None on most days."""
        whole = not self.started or (day.month, day.day) == (7, 1)
        if not whole and day.day != 1:
            return None
        chance = Chance(f"{self.seed}/justice-register/{day}")
        if not self.started:
            self.started = True
            self.entries = list(self._register())
            return self._file(day, chance, self.entries)
        changed = self._changed(day, chance)
        return self._file(day, chance, self.entries if whole else changed) if self.entries and changed else None

    def _register(self) -> Iterator[Registered]:
        standing = {one.id: one for one in self.seeds.organisations}
        code_of = {place.id: place.code for place in self.seeds.places}
        made: dict[str, Any] = {}
        for change in Register(Chance(self.seed), self.seeds).changes():
            if not isinstance(change, Insert):
                continue
            values = change.values
            if change.noun is Organisation:
                made[values["id"]] = values
            elif change.noun is Mediator:
                body, known = made.get(values["organisation"]), standing.get(values["organisation"])
                yield Registered(
                    organisation=body["name"] if body else known.name if known else "",
                    organisation_kind=body["kind"] if body else known.kind if known else "",
                    region=code_of[body["region"]] if body else known.region if known else "",
                    mediator=values["name"],
                    identity=values["identity"],
                    employment=values["employment"].name,
                    expertise=values["expertise"],
                    head=body["head"] if body else None,
                    term_from=values["term_from"],
                    term_to=values["term_to"],
                    state=values["state"].name,
                )

    def _changed(self, day: dt.date, chance: Chance) -> list[Registered]:
        """Entries that changed since the month before, kept as they are now; some are new."""
        changed: list[Registered] = []
        for number, entry in enumerate(self.entries):
            if not chance.happens(0.015):
                continue
            state = chance.choice(("ACTIVE", "SUSPENDED", "EXPIRED", "REMOVED"))
            self.entries[number] = replace(entry, state=state, term_to=day + dt.timedelta(days=chance.randint(30, 900)))
            changed.append(self.entries[number])
        for entry in chance.sample(self.entries, min(3, len(self.entries))):
            born = identifiers.birthday(chance, youngest=28, eldest=60)
            new = replace(
                entry,
                mediator=names.person(chance, male=chance.happens(0.6)),
                identity=identifiers.resident_id(chance, entry.region[:6], born=born, male=True),
                term_from=day - dt.timedelta(days=chance.randint(1, 20)),
                term_to=None,
                state="ACTIVE",
            )
            self.entries.append(new)
            changed.append(new)
        return changed

    def _file(self, day: dt.date, chance: Chance, entries: list[Registered]) -> File:
        pen = Pen(chance, self.quirks, LAYOUT.form)
        written = [self._write(pen, entry, place, day) for place, entry in enumerate(entries, 1)]
        cells, rows = [line for line, _ in written], [row for _, row in written]
        look = look_of(LAYOUT, LAYOUT.form, cells, chance, self.quirks, (LAYOUT.title,))
        counted = chance.happens(self.quirks.counted_flags)
        return File(
            layout=LAYOUT, form=LAYOUT.form, day=day, code=None, look=look, cells=cells, rows=rows, counted=counted
        )

    def _write(self, pen: Pen, entry: Registered, place: int, day: dt.date) -> tuple[dict[str, str], Row]:
        side = Side(entry.mediator, entry.identity, "resident")
        cells = {
            "序号": str(place),
            "组织名称": entry.organisation,
            "组织类型": KINDS.get(entry.organisation_kind, ""),
            "行政区划代码": self._region(pen, entry.region),
            "负责人": entry.head or pen.blank(),
            "调解员姓名": entry.mediator,
            "身份证号": pen.identity(side, alone=True),
            "专职/兼职": Employment[entry.employment].value.split(" · ")[0],
            "学历": Chance(entry.identity).choice(_SCHOOLING),
            "擅长领域": FIELDS[entry.expertise] if entry.expertise else pen.blank(),
            "聘任日期": pen.date(entry.term_from),
            "任期至": pen.date(entry.term_to) if entry.term_to else pen.blank(),
            "状态": MediatorState[entry.state].value.split(" · ")[0],
        }
        reason = self._spoil(cells, side, pen, day)
        lost = reason in {Reason.BAD_CHECK_DIGIT, Reason.LOST_IDENTIFIER} or len(cells["身份证号"]) < 2
        return cells, Row(
            place=place,
            key=None if lost else f"{entry.organisation}+{entry.identity}",
            updated=None,
            void=False,
            raw=dict(cells),
            meaning=None if reason else entry,
            reason=reason,
        )

    def _region(self, pen: Pen, code: str) -> str:
        withdrawn = code == "370481" and pen.chance.happens(self.quirks.withdrawn)
        return "370421" if withdrawn else code

    def _spoil(self, cells: dict[str, str], side: Side, pen: Pen, day: dt.date) -> Reason | None:
        """Spoil a cell where that is due, and say for which reason the row must be quarantined."""
        rates, chance = self.quirks, pen.chance
        digits = (side.identity or "").isdecimal()
        spoilt = {
            Reason.MISSING_VALUE: (rates.missing, chance.choice(LAYOUT.required), pen.blank()),
            Reason.IMPOSSIBLE_DATE: (rates.impossible_dates, "聘任日期", pen.no_date()),
            Reason.FUTURE_DATE: (rates.future_dates, "聘任日期", f"{day + dt.timedelta(days=400):%Y-%m-%d}"),
            Reason.UNKNOWN_REGION: (rates.unknown_regions, "行政区划代码", "371999"),
            Reason.BAD_CHECK_DIGIT: (rates.bad_checks, "身份证号", pen.bad_identity(side)),
            Reason.LOST_IDENTIFIER: (rates.lost_identifiers, "身份证号", pen.lost_identity(side) if digits else ""),
        }
        drawn = chance.random()
        for reason, (share, heading, cell) in spoilt.items():
            drawn -= share
            if drawn < 0:
                if reason is Reason.LOST_IDENTIFIER and not digits:
                    return None
                cells[heading] = cell
                return reason
        return None
