"""Fictional numbers with valid check digits: resident ids, credit codes, telephones (DOMAIN 4.9)."""

import datetime as dt

from hub.simulation.chance import Chance

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_MOBILES = [
    "130",
    "132",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "166",
    "178",
    "186",
    "189",
    "199",
]
_VALUES = {sign: value for value, sign in enumerate(CREDIT_ALPHABET)}


def resident_check(first: str) -> str:
    """The check digit of the first 17 digits of a resident id (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(first, RESIDENT_WEIGHTS, strict=True))
    return RESIDENT_CHECKS[total % 11]


def credit_check(first: str) -> str:
    """The check sign of the first 17 signs of a unified social credit code (GB 32100-2015)."""
    total = sum(_VALUES[sign] * weight for sign, weight in zip(first, CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def resident_id(chance: Chance, division: str, *, born: dt.date, male: bool) -> str:
    """A resident id of that division (six digits), birthday and sex."""
    order = chance.randrange(0, 499) * 2 + int(male)
    first = f"{division}{born:%Y%m%d}{order:03d}"
    return first + resident_check(first)


def credit_code(chance: Chance, division: str, *, kind: str = "91") -> str:
    """A credit code; `kind` is 91 company, 11 government, 52 social service, 54 village committee."""
    body = "MA" + "".join(chance.choices(CREDIT_ALPHABET, k=7))
    first = f"{kind}{division}{body}"
    return first + credit_check(first)


def mobile(chance: Chance) -> str:
    """A mobile number."""
    return chance.choice(_MOBILES) + chance.digits(8)


def landline(chance: Chance) -> str:
    """An office telephone of the city."""
    return f"0632-{chance.choice('3458')}{chance.digits(6)}"


def birthday(chance: Chance, *, youngest: int, eldest: int) -> dt.date:
    """A birthday of someone of that age, in years, in 2025."""
    return dt.date(2025 - chance.randint(youngest, eldest), 1, 1) + dt.timedelta(days=chance.randrange(365))
