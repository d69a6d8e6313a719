"""A version as a row: its cells as the agency writes them, beside what they mean and what must become of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.schema.scalars import show_instant
from hub.simulation.agencies.cells import Pen
from hub.simulation.agencies.fillers import FILLERS
from hub.simulation.agencies.hanging import attached
from hub.simulation.agencies.meanings import Dispute, Reason, Row, Side
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.sights import Sight, Version
from hub.simulation.agencies.whereabouts import Whereabouts
from hub.simulation.chance import Chance

Cells = dict[str, str]
_TEXTS = {
    "petition": "反映问题",
    "hotline-12345": "诉求内容",
    "town-ledger": "纠纷简要情况",
    "police-traffic": "事故地点",
}
_PAPERS = {"resident": "居民身份证", "credit": "统一社会信用代码", "other": "护照", None: ""}
_LOST_REGIONS = ("371999", "999999", "370499001", "110199007")
_SPOILT_NUMBERS = {Reason.BAD_CHECK_DIGIT, Reason.LOST_IDENTIFIER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The file a row stands in: its form, its day and the year its title says."""

    form: str
    day: dt.date
    half: str = ""
    title_year: int | None = None


class Rows:
    """Writes rows; the same version gives the same cells wherever it is sent again."""

    def __init__(self, whereabouts: Whereabouts, quirks: Quirks, seed: int) -> None:
        self.whereabouts = whereabouts
        self.quirks = quirks
        self.seed = seed

    def write(self, sight: Sight, version: Version, page: Page, *, place: int) -> tuple[Cells, Row]:
        """The cells of a version and the truth about them."""
        filling, steady = Chance(f"{self.seed}/{sight.key}"), Chance(f"{self.seed}/{sight.key}/steady")
        pen = Pen(Chance(f"{self.seed}/{sight.key}/{version.number}"), self.quirks, page.form)
        cells = dict.fromkeys(sight.layout.columns, "")
        for heading in cells:
            if heading in FILLERS:
                cells[heading] = FILLERS[heading](sight, version, filling)
        key = self._key(sight, page)
        cells[sight.layout.fields["id"]] = sight.key if not page.half else str(sight.numbers[page.half])
        dispute = sight.layout.kind == "case"
        meaning = (
            self._dispute(sight, version, cells, pen, steady)
            if dispute
            else attached(sight, version, cells, pen, steady)
        )
        self._date(sight, version, page, cells, pen)
        if version.flaw is Reason.MISSING_VALUE:
            key = self._forget(sight, cells, pen, key)
        updated = show_instant(version.updated) if "upd" in sight.layout.fields else None
        if updated is not None:
            cells[sight.layout.fields["upd"]] = pen.moment(version.updated)
        return cells, Row(
            place=place,
            key=key,
            updated=updated,
            void=version.void,
            raw={heading: str(cell) for heading, cell in cells.items()},
            meaning=None if version.flaw else meaning,
            reason=version.flaw,
            dispute=sight.quarrel.number,
        )

    def _key(self, sight: Sight, page: Page) -> str | None:
        return f"{sight.code}/{page.half}/{sight.numbers[page.half]}" if page.half else sight.key

    def _forget(self, sight: Sight, cells: Cells, pen: Pen, key: str | None) -> str | None:
        """Leave out something mandatory; without its number a row has no key."""
        heading = pen.chance.choice(sight.layout.required)
        cells[heading] = pen.blank()
        return None if heading == sight.layout.fields["id"] else key

    def _date(self, sight: Sight, version: Version, page: Page, cells: Cells, pen: Pen) -> None:
        heading = sight.layout.fields["date"]
        if version.flaw is Reason.IMPOSSIBLE_DATE:
            cells[heading] = pen.no_date()
        elif version.flaw is Reason.FUTURE_DATE:
            cells[heading] = pen.date(page.day + dt.timedelta(days=pen.chance.randint(370, 900)))
        else:
            cells[heading] = pen.date(version.happened_on, title_year=page.title_year)

    def _dispute(self, sight: Sight, version: Version, cells: Cells, pen: Pen, steady: Chance) -> Dispute:
        fields, record = sight.layout.fields, sight.layout.record
        region, flag = self._region(sight, version, cells, pen, steady)
        self._sides(sight, version, cells, pen)
        self._amount(sight, version, cells, pen)
        if "type" in fields:
            cells[fields["type"]] = version.word
        if "agreement" in fields:
            cells[fields["agreement"]] = version.agreement or pen.blank()
        if "state" in fields:
            cells[fields["state"]] = "作废" if version.void else "正常"
        text = self._text(cells, record, steady)
        referral, number = self._court(sight, cells, steady)
        applicants = version.applicants
        phone = (applicants[0].phone or "").replace("-", "") or None if "phone" in fields else None
        return Dispute(
            applicants=(replace(applicants[0], phone=phone), *_silent(applicants[1:])),
            respondents=_silent(version.respondents),
            dispute_type=version.type,
            raw_type=version.word or None,
            happened_on=version.happened_on,
            amount=version.amount,
            region=region,
            region_flag=flag,
            cause=version.word if record == "court-referral" else None,
            agreement=version.agreement,
            text=text,
            referral=referral,
            court_number=number,
        )

    def _text(self, cells: Cells, record: str, steady: Chance) -> str | None:
        heading = _TEXTS.get(record)
        if heading is None:
            return None
        if steady.happens(self.quirks.formulas):
            cells[heading] = steady.choice("=+-@") + cells[heading]
        return cells[heading]

    def _court(self, sight: Sight, cells: Cells, steady: Chance) -> tuple[str | None, str | None]:
        if sight.court is None:
            return None, None
        kind = steady.choice(("委派", "委派", "委派", "委托"))
        stage = "诉前调" if kind == "委派" else "民初"
        number = f"（{sight.quarrel.opened.year}）{sight.court.code}{stage}{sight.quarrel.number}号"
        cells |= {"委派类型": kind, "委派法院": sight.court.name, "案号": number}
        return ("DELEGATE" if kind == "委派" else "ENTRUST"), number

    def _region(self, sight: Sight, version: Version, cells: Cells, pen: Pen, steady: Chance) -> tuple[str, str]:
        """Where the row says that it belongs, and by what."""
        column = sight.layout.fields.get("region")
        if column is not None and version.flaw is Reason.UNKNOWN_REGION:
            cells[column] = pen.chance.choice(_LOST_REGIONS)
            return "", "column"
        if "调解组织" in cells:
            cells["调解组织"] = self.whereabouts.body(sight, self.quirks)[0]
        if column is not None:
            cells[column], region = self.whereabouts.column(sight, steady, self.quirks)
            if region is not None:
                return region, "column"
            return self.whereabouts.default, "default"
        return self.whereabouts.without_column(sight, self.quirks)

    def _amount(self, sight: Sight, version: Version, cells: Cells, pen: Pen) -> None:
        column = sight.layout.fields.get("amount")
        if column is None:
            return
        if version.flaw is Reason.BAD_AMOUNT:
            cells[column] = pen.no_money()
        elif version.amount is None:
            cells[column] = pen.blank()
        else:
            cells[column] = pen.money(version.amount, sight.layout.unit)

    def _sides(self, sight: Sight, version: Version, cells: Cells, pen: Pen) -> None:
        """Names and numbers, in the cell or the cells that the record has for them."""
        fields, first, second = sight.layout.fields, version.applicants, version.respondents
        spoilt = _spoilt(version, pen)
        if "AB" in fields:
            both = (*first, *second)
            cells[fields["AB"]] = pen.named(both, [_number(pen, one, version, spoilt, alone=False) for one in both])
        for role, sides in (("A", first), ("B", second)):
            if role in fields:
                self._group(fields, role, sides, version, cells, pen, spoilt)
        if "Atype" in fields:
            cells[fields["Atype"]] = _PAPERS[first[0].kind]
        if "phone" in fields:
            cells[fields["phone"]] = pen.phone(first[0].phone) if first[0].phone else pen.blank()

    def _group(
        self,
        fields: Mapping[str, str],
        role: str,
        sides: tuple[Side, ...],
        version: Version,
        cells: Cells,
        pen: Pen,
        spoilt: Side | None,
    ) -> None:
        column = fields.get(f"{role}id")
        alone = column is not None and len(sides) == 1
        numbers = [_number(pen, side, version, spoilt, alone=alone) for side in sides]
        if column is None:
            cells[fields[role]] = pen.named(sides, numbers) if sides else pen.blank()
            return
        cells[fields[role]] = "、".join(side.name for side in sides) if sides else pen.blank()
        known = [number for number in numbers if number]
        cells[column] = known[0] if len(known) == 1 else "、".join(known) or pen.blank()


def _spoilt(version: Version, pen: Pen) -> Side | None:
    """Whose number is spoilt, where one is to be."""
    if version.flaw not in _SPOILT_NUMBERS:
        return None
    sides = [one for one in (*version.applicants, *version.respondents) if one.kind in {"resident", "credit"}]
    if version.flaw is Reason.LOST_IDENTIFIER:
        sides = [one for one in sides if (one.identity or "").isdecimal()]
    return pen.chance.choice(sides)


def _number(pen: Pen, side: Side, version: Version, spoilt: Side | None, *, alone: bool) -> str:
    if side.identity is None:
        return ""
    if side is spoilt:
        return pen.bad_identity(side) if version.flaw is Reason.BAD_CHECK_DIGIT else pen.lost_identity(side)
    return pen.identity(side, alone=alone)


def _silent(sides: tuple[Side, ...]) -> tuple[Side, ...]:
    return tuple(replace(side, phone=None) for side in sides)
