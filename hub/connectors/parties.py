"""Parties as agencies write them: several in a cell, each with its identifier behind it or in a cell of its own."""

import re
from itertools import zip_longest

from hub.connectors.records import IdentityKind, Side
from hub.rules.values import identity, is_blank, phone, text

_BETWEEN = re.compile(r"[、;；，\r\n]|,(?!\s*(?:Ltd|Inc|LLC|Co)\b)", re.IGNORECASE)
_BRACKETED = re.compile(r"(.*?)\s*[(（\[【]([^()（）\[\]【】]*)[)）\]】]\s*", re.DOTALL)
_WORD = re.compile(r"\s*(?:居民)?(?:身份证|证件|统一社会信用代码|信用代码|护照|电话|手机)(?:号码?)?\s*[:：]?\s*")
_AND_OTHERS = re.compile(r"\s*等\s*[\d一二三四五六七八九十]*\s*[人户名]?$")
_HAN_SPACES = re.compile(r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff])[ \u3000]+(?=[\u3400-\u9fff\U00020000-\U0003ffff])")
_ORGANISATION = re.compile(
    r"公司|银行|医院|集团|合作社|委员会|村委|居委|商会|协会|学校|幼儿园|事务所|门市|超市|[厂店行部局所站院社中心]$"
)
_CLOSING = (")", "）", "]", "】")
_SHORTEST_IDENTITY = 5
_NO_NUMBER = frozenset('年:：/\\@<>"')


def sides(
    cell: str | None,
    *,
    identities: str | None = None,
    expected: str = "any",
    telephone: str | None = None,
) -> tuple[Side, ...]:
    """The parties of a cell, in its order. `identities` is the cell of their identifiers where they have one.

    `expected` says what the identifiers must be. The telephone is the first party's. Unfit for an identifier that
    is wrong or lost.
    """
    if cell is None or is_blank(cell):
        return ()
    pieces = [piece for piece in _split(cell) if not is_blank(piece)]
    beside = [] if identities is None or is_blank(identities) else _split(identities)
    beside = beside if len(beside) <= len(pieces) else beside[:1]
    called = [None if telephone is None else phone(telephone)]
    found = [
        _side(piece, own, expected, call) for piece, own, call in zip_longest(pieces, beside, called[: len(pieces)])
    ]
    return tuple(side for side in found if side.name)


def expected_of(document: str | None) -> str | None:
    """What a cell that names a kind of document says about the number beside it; None where it says nothing."""
    said = text(document)
    if said is None:
        return None
    if "身份证" in said or "居住证" in said:
        return "resident"
    return "credit" if "信用代码" in said or "营业执照" in said else "other"


def _split(cell: str) -> list[str]:
    """The pieces between separators that stand outside brackets."""
    ends = {found.start() for found in _BETWEEN.finditer(cell)}
    if not ends:
        return [cell]
    pieces, depth, begin = list[str](), 0, 0
    for place, sign in enumerate(cell):
        depth = max(0, depth + (sign in "(（[【") - (sign in ")）]】"))
        if place in ends and not depth:
            pieces.append(cell[begin:place])
            begin = place + 1
    return [piece for piece in (*pieces, cell[begin:]) if piece.strip()]


def _side(piece: str, own: str | None, expected: str, called: str | None) -> Side:
    bracketed = _BRACKETED.fullmatch(piece) if piece.rstrip().endswith(_CLOSING) else None
    name = piece
    if bracketed and _is_number(bracketed[2]):
        name, inside = bracketed[1], _WORD.sub("", bracketed[2], count=1)
        mobile = phone(inside) if len(re.sub(r"\D", "", inside)) <= 12 else None
        called, own = (mobile, own) if mobile else (called, own or inside)
    shown = _named(name)
    number = _identified(own, expected, shown)
    return Side(shown, number[0] if number else None, number[1] if number else None, called)


def _is_number(inside: str) -> bool:
    signs = re.sub(r"\s", "", _WORD.sub("", inside, count=1))
    digits = any(sign.isdigit() for sign in signs)
    return len(signs) >= _SHORTEST_IDENTITY and digits and not _NO_NUMBER.intersection(signs)


def _named(name: str) -> str:
    """A name without the spaces between its characters, and without `等3人` behind it."""
    shown = name.strip()
    if "等" in shown:
        shown = _AND_OTHERS.sub("", shown)
    return text(_HAN_SPACES.sub("", shown) if " " in shown or "\u3000" in shown else shown) or ""


def _identified(cell: str | None, expected: str, name: str) -> tuple[str, IdentityKind] | None:
    """An organisation under the heading of resident ids gives its credit code; what it is then decides."""
    if expected == "resident" and _ORGANISATION.search(name):
        expected = "any"
    return identity(cell, expected)
