"""How personal values look to who may not see them whole (DOMAIN 4.9)."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from hub.rules import wording

STARS = "****"

_NUMBER = r"\d{17}[\dXx\uff38\uff58]|\d{6}[ -]\d{8}[ -]?\d{3}[\dXx\uff38\uff58]|\d{15,17}|\d{19,}"
_MOBILE = r"[1\uff11][3-9\uff13-\uff19]\d[ -]?\d{4}[ -]?\d{4}\d{0,3}"
_LANDLINE = r"[0\uff10]\d{2,3}-?\d{7,8}"
_NUMBERS = re.compile(rf"(?<!\d)(?:(?P<identity>{_NUMBER})|(?P<phone>{_MOBILE}|{_LANDLINE}))(?!\d)")
_PLACE = re.compile(r"\D{1,30}?(?:街道|镇|乡|苏木)|\D{1,20}?(?:[县旗]|(?<!小)区)|\D{1,12}?[市省]")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,}")
_SPACES = (" ", "\u3000")
_WHOLE_IDENTITY, _SHORT_IDENTITY = 15, 8
_WHOLE_PHONE, _SHORT_PHONE = 11, 7


def mask_name(name: str) -> str:
    """`张三丰` -> `张*`: the first character and one star, whatever the kind or length of the name."""
    return f"{name[:1]}*"


def mask_identity(identity: str) -> str:
    """`370402199001010016` -> `370402********0016`; of shorter documents two characters at each end, or none."""
    shown = identity.strip()
    if len(shown) >= _WHOLE_IDENTITY:
        return f"{shown[:6]}{'*' * (len(shown) - 10)}{shown[-4:]}"
    if len(shown) >= _SHORT_IDENTITY:
        return f"{shown[:2]}{'*' * (len(shown) - 4)}{shown[-2:]}"
    return STARS


def mask_phone(phone: str) -> str:
    """`138 1234 1234` -> `138****1234`; of shorter numbers the first three digits, or nothing."""
    digits = wording.plain("phone", phone)
    if not digits.isdigit() or len(digits) < _SHORT_PHONE:
        return STARS
    return f"{digits[:3]}{STARS}{digits[-4:] if len(digits) >= _WHOLE_PHONE else ''}"


def mask_address(address: str) -> str:
    """`市中区中心街街道文化路12号` -> `市中区中心街街道****`: down to the town or street office, no further."""
    place = _PLACE.match(address)
    return f"{place.group() if place else ''}{STARS}"


def mask_text(text: str, names: Iterable[str]) -> str:
    """The text with identity numbers, telephones and the names given masked.

    Longer names go first. A name of one character stays: its mask would show it. Names are found whatever their
    case, and with a space between two Chinese characters.
    """
    known = _by_first(names)
    shown: list[str] = []
    place = 0
    for number in _NUMBERS.finditer(text):
        shown += _names_masked(text[place : number.start()], known)
        shown.append(_MASKS[number.lastgroup or ""](number.group()))
        place = number.end()
    return "".join((*shown, *_names_masked(text[place:], known)))


def _by_first(names: Iterable[str]) -> dict[str, list[str]]:
    """The names by their first character, longer ones first."""
    found: dict[str, list[str]] = {}
    for name in sorted({name.strip() for name in names}, key=lambda name: (-len(name), name)):
        if len(name) > 1:
            found.setdefault(name[0].lower(), []).append(name)
    return found


def _names_masked(text: str, known: Mapping[str, list[str]]) -> Iterator[str]:
    place = 0
    # A pattern made of the names would be compiled for every case: that alone took a third of a bulk load.
    for start in _places(text, known):
        if start < place:
            continue
        ends = (_end_of(name, text, start) for name in known[text[start].lower()])
        end = next(filter(None, ends), None)
        if end:
            yield text[place:start]
            yield mask_name(text[start:end])
            place = end
    yield text[place:]


def _places(text: str, known: Mapping[str, list[str]]) -> Iterable[int]:
    """Where a name may begin."""
    first = [character for character in set(text) if character.lower() in known]
    return [place for place, character in enumerate(text) if character in first] if first else ()


def _end_of(name: str, text: str, start: int) -> int | None:
    """Where the name that starts there ends; None where it does not stand there."""
    here, spaced = start, bool(_HAN.fullmatch(name))
    for number, character in enumerate(name):
        if spaced and number and text[here : here + 1] in _SPACES:
            here += 1
        if text[here : here + 1].lower() != character.lower():
            return None
        here += 1
    return here


_MASKS: Mapping[str, Callable[[str], str]] = {"identity": mask_identity, "phone": mask_phone}
