"""Identifiers with check digits (DOMAIN 4.9): resident ids (GB 11643), unified social credit codes (GB 32100)."""

import datetime as dt
import re

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
EARLIEST_BIRTH = 1850
"""Nobody whose affairs are settled today was born before."""

_RESIDENT = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_LEGACY = re.compile(r"[1-9]\d{14}", re.ASCII)
_CREDIT = re.compile(rf"[{CREDIT_ALPHABET}]{{2}}\d{{6}}[{CREDIT_ALPHABET}]{{10}}", re.ASCII)
_CREDIT_VALUES = {sign: value for value, sign in enumerate(CREDIT_ALPHABET)}
_CREDIT_KINDS = frozenset({"11", "12", "13", "31", "51", "52", "53", "54", "91", "92", "93"})


def resident_check(first: str) -> str:
    """The check digit of the first 17 digits of a resident id."""
    total = sum(int(digit) * weight for digit, weight in zip(first, RESIDENT_WEIGHTS, strict=True))
    return RESIDENT_CHECKS[total % 11]


def credit_check(first: str) -> str:
    """The check sign of the first 17 signs of a credit code."""
    total = sum(_CREDIT_VALUES[sign] * weight for sign, weight in zip(first, CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def is_resident(identity: str) -> bool:
    """Whether 18 signs in capitals are a resident id: a date of birth and the check digit. Old regions pass."""
    return (
        bool(_RESIDENT.fullmatch(identity)) and _born(identity[6:14]) and resident_check(identity[:17]) == identity[17]
    )


def is_credit(identity: str) -> bool:
    """Whether 18 signs in capitals are a unified social credit code."""
    return bool(_CREDIT.fullmatch(identity)) and credit_check(identity[:17]) == identity[17]


def upgraded(identity: str) -> str | None:
    """The resident id of 18 signs that one of 15 digits became; None where it was none."""
    if not _LEGACY.fullmatch(identity) or not _born(f"19{identity[6:12]}"):
        return None
    first = f"{identity[:6]}19{identity[6:]}"
    return first + resident_check(first)


def looks_like_credit(identity: str) -> bool:
    """Whether 18 signs claim to be a credit code rather than a resident id, right or wrong.

    A letter before the end decides. Of digits alone, the two first and the century of the birth tell them apart.
    """
    if not identity[:17].isdigit():
        return True
    born = identity[6:8] in {"18", "19", "20"}
    return identity[:2] in _CREDIT_KINDS and not born


def _born(digits: str) -> bool:
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).year >= EARLIEST_BIRTH
    except ValueError:
        return False
