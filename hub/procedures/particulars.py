"""What a person says of a party or an amount, checked as agencies' cells are: a refusal names the input."""

from hub.errors import UnfitValue
from hub.rules import values
from hub.schema.cases import PartyKind
from hub.schema.scalars import Money

_RESIDENT = (
    "居民身份证号或护照、通行证等证件号不合校验 · no resident id that passes its check, nor a passport or permit"
)
_CREDIT = "统一社会信用代码不合校验 · no unified social credit code that passes its check"
_PHONE = "不是手机或固定电话号码 · no mobile or landline number"
_NEGATIVE = "金额不能为负 · an amount is not negative"
_NOBODY = "至少须有一名申请人 · at least one applicant is needed"


def identity_of(kind: PartyKind, said: str | None, argument: str) -> str | None:
    """The identifier in its plain spelling (DOMAIN 4.9); UnfitValue (HUB-717) for one that fails its check.

    A person's without letters is a resident id or a permit's number; a word without digits is no document at all.
    """
    if said is None:
        return None
    natural = kind is PartyKind.NATURAL_PERSON
    try:
        found = values.identity(said, "any" if natural else "credit")
    except values.Unfit:
        found = None
    if found is None or (natural and not _is_a_persons(*found)):
        raise unfit(_RESIDENT if natural else _CREDIT, argument)
    return found[0]


def phone_of(said: str | None, argument: str) -> str | None:
    """The telephone's digits, mobile or landline, spaces and separators aside; UnfitValue (HUB-717) for none."""
    if said is None:
        return None
    found = values.phone(said)
    if found is None:
        raise unfit(_PHONE, argument)
    return found


def amount_of(said: Money | None, argument: str) -> Money | None:
    """The amount in fen; UnfitValue (HUB-717) for less than nothing."""
    if said is not None and said < 0:
        raise unfit(_NEGATIVE, argument)
    return said


def nobody_applies(argument: str) -> UnfitValue:
    """What refuses a case without an applicant (HUB-717)."""
    return unfit(_NOBODY, argument)


def unfit(reason: str, argument: str) -> UnfitValue:
    """The refusal of an input; the reason is `中文 · English`."""
    chinese, english = reason.split(" · ")
    error = UnfitValue(reason_zh=chinese, reason_en=english)
    error.argument = argument
    return error


def _is_a_persons(plain: str, kind: values.IdentityKind) -> bool:
    return kind == "resident" or (kind == "other" and any(sign.isdigit() for sign in plain))
