"""How a value is written in a cell: plainly, or in one of the forms that people and spreadsheets give it."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from hub.simulation.agencies.meanings import Side
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.chance import Chance
from hub.simulation.days import SHANGHAI
from hub.simulation.identifiers import CREDIT_ALPHABET, RESIDENT_CHECKS

_WIDE = str.maketrans({chr(sign): chr(sign + 0xFEE0) for sign in range(0x21, 0x7F)})
_WIDE_DIGITS = {digit: wide for digit, wide in _WIDE.items() if chr(digit).isdigit()}
_EPOCH = dt.date(1899, 12, 30)


class Number(str):
    """A cell that holds a number: in a sheet a numeric cell, in JSON a number, anywhere else its text."""

    __slots__ = ()


class DateNumber(Number):
    """A serial number whose cell is formatted as a date."""

    __slots__ = ()


class Pen:
    """Writes the cells of one row; `numeric` where a cell may hold a number, `serial` where dates may be serials."""

    def __init__(self, chance: Chance, quirks: Quirks, form: str) -> None:
        self.chance = chance
        self.quirks = quirks
        self.numeric = form in {"xlsx", "json", "envelope"}
        self.sheet = form == "xlsx"
        self.serial = form in {"xlsx", "csv"}

    def blank(self) -> str:
        """Nothing, or what people write for it."""
        return self.chance.choice(("无", "/", "—")) if self.chance.happens(self.quirks.odd_blanks) else ""

    def moment(self, at: dt.datetime) -> str:
        """An update time, to the second."""
        local = at.astimezone(SHANGHAI)
        slashed = self.chance.happens(self.quirks.date_forms / 4)
        if slashed:
            return f"{local.year}/{local.month}/{local.day} {local:%H:%M:%S}"
        return f"{local:%Y-%m-%d %H:%M:%S}"

    def date(self, day: dt.date, *, title_year: int | None = None) -> str:
        """A date; `title_year` is the year that the title above says, so that the cell need not."""
        chance = self.chance
        if not chance.happens(self.quirks.date_forms):
            return f"{day:%Y-%m-%d}"
        forms = [
            f"{day.year}-{day.month}-{day.day}",
            f"{day:%Y%m%d}",
            f"{day.year}/{day.month}/{day.day} {chance.randint(8, 17)}:{chance.randrange(60):02d}",
            f"{day.year}/{day.month}/{day.day}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year}年{day.month}月{day.day}日".translate(_WIDE_DIGITS),
            f"{day.year}-{day.month}-{day.day}".translate(_WIDE_DIGITS),
        ]
        days = str((day - _EPOCH).days)
        if self.serial:
            forms.append(days)
        if self.sheet:
            forms += [Number(days), Number(f"{days}.375"), DateNumber(days)]
        if title_year == day.year:
            forms += [f"{day.month}.{day.day}"] * 4
        return chance.choice(forms)

    def no_date(self) -> str:
        """A day that no calendar has."""
        year = self.chance.choice((2024, 2025))
        return self.chance.choice(
            (f"{year}-2-30", f"{year}-13-05", f"{year}年6月31日", f"{year}0431", f"{year}/9/31 9:05")
        )

    def money(self, fen: int, unit: str | None) -> str:
        """An amount; a unit in the cell wins over the column's."""
        yuan = Decimal(fen) / 100
        column = yuan / 10_000 if unit == "万元" else yuan
        plain = _short(column)
        if not self.chance.happens(self.quirks.money_forms):
            return Number(plain) if self.numeric and self.chance.happens(0.6) else plain
        tens = _short(yuan / 10_000)
        forms = [
            plain.translate(_WIDE_DIGITS),
            f"{tens}万元",
            f"{tens}万",
            f"{_short(yuan)}元",
            f"{yuan:,.2f}元",
            f"{yuan:,.2f}元".replace(",", "，"),
        ]
        if unit == "元":
            forms += [f"{yuan:.2f}", f"{yuan:,.2f}", f"¥{yuan:,.2f}", f"￥{plain}"]
        return self.chance.choice(forms)

    def no_money(self) -> str:
        """An amount that says none."""
        return self.chance.choice(("待定", "约三万", "若干", "见附件", "5千左右"))

    def identity(self, side: Side, *, alone: bool) -> str:
        """A number that people and spreadsheets have handled, still to be recovered; `alone` in its cell or not."""
        text, chance = side.identity or "", self.chance
        if side.kind == "resident" and text[6:8] == "19" and chance.happens(self.quirks.legacy):
            old = text[:6] + text[8:17]
            return Number(old) if self.sheet and alone and chance.happens(0.4) else old
        if not chance.happens(self.quirks.mangled):
            return text
        forms = [text.translate(_WIDE), f" {text} "]
        if alone:
            forms += [f"'{text}", f'="{text}"']
        if side.kind == "resident":
            forms += [text.lower(), f"{text[:6]} {text[6:14]} {text[14:]}"]
        return chance.choice(forms)

    def bad_identity(self, side: Side) -> str:
        """A number whose check digit is another one."""
        text = side.identity or ""
        signs = RESIDENT_CHECKS if side.kind == "resident" else CREDIT_ALPHABET
        return text[:17] + self.chance.choice([sign for sign in signs if sign != text[17]])

    def lost_identity(self, side: Side) -> str:
        """A number that became a float; only numbers of eighteen digits can."""
        value = float(side.identity or "")
        short, long = f"{value:.5E}", f"{value:.14E}"
        return self.chance.choice((Number(long), Number(short), short) if self.numeric else (short, long))

    def phone(self, text: str) -> str:
        """A telephone number."""
        mobile = text.startswith("1")
        if not mobile or not self.chance.happens(self.quirks.phone_forms):
            return text
        forms = [
            f"{text[:3]} {text[3:7]} {text[7:]}",
            f"{text[:7]} {text[7:]}",
            f"+86{text}",
            f"+86 {text}",
            f"{text[:3]}-{text[3:7]}-{text[7:]}",
            text.translate(_WIDE_DIGITS),
        ]
        if self.numeric:
            forms.append(Number(text))
        return self.chance.choice(forms)

    def named(self, sides: Sequence[Side], identities: Sequence[str]) -> str:
        """Names with their numbers behind them in one cell."""
        left, right = self.chance.choice(("()", "()", "（）"))
        told = [
            f"{side.name}{left}{number}{right}" if number else side.name
            for side, number in zip(sides, identities, strict=True)
        ]
        return self.chance.choice("、、;，；").join(told)


def _short(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
