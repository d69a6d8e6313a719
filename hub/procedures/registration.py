"""Registration: a dispute becomes a case, with its parties and the one who was asked first (R26, R85)."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from hub.access.viewers import CASES, Scope
from hub.errors import OutOfReach
from hub.procedures.acting import begin
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.directory import centre_of
from hub.procedures.numbers import Numbers, case_series
from hub.procedures.particulars import amount_of, identity_of, nobody_applies, phone_of
from hub.procedures.readings import domain_of, start_of
from hub.rules.actions import CaseAction
from hub.schema.cases import Case, Handling, Party, PartyKind, PartyRole
from hub.schema.model import LEVELS
from hub.schema.organisations import Organisation
from hub.schema.regions import Region
from hub.schema.scalars import Money
from hub.schema.verbs import Id, Listed, Most, Text

_ROLES_OF_BODIES = frozenset({"mediator", "org_admin", "agency"})


@dataclass(frozen=True, slots=True)
class NewParty:
    """当事人 · A party as it comes in"""

    name: Annotated[str, Text(200, blank=False), "姓名或名称 · Name"]
    role: Annotated[PartyRole, "身份 · Role"]
    kind: Annotated[PartyKind, "类别 · Kind"]
    identity: Annotated[str | None, Text(60, blank=False), "证件号码 · Identity or credit code"] = None
    phone: Annotated[str | None, Text(60, blank=False), "联系电话 · Telephone"] = None
    address: Annotated[str | None, Text(300, blank=False), "住址 · Address"] = None
    shielded: Annotated[bool | None, "信息保护 · Contact hidden from the other side (Anti-DV Law)"] = None


@dataclass(frozen=True, slots=True)
class NewCase:
    """纠纷情况 · A dispute as it comes in"""

    title: Annotated[str, Text(200, blank=False), "标题 · Title"]
    dispute_type: Annotated[str, Listed("dispute_type"), "纠纷类型 · Dispute type"]
    channel: Annotated[str, Listed("channel"), "来源渠道 · Channel"]
    severity: Annotated[str, Listed("severity"), "难易程度 · Severity"]
    region: Annotated[Id[Region], "属地 · Region"]
    online: Annotated[bool, "线上 · Handled online"]
    parties: Annotated[tuple[NewParty, ...], Most(50), "当事人 · Parties"]
    narrative: Annotated[str | None, Text(20_000, blank=False), "纠纷简要情况 · Narrative as told"] = None
    organisation: Annotated[
        Id[Organisation] | None, "承办机构，未填为属地中心 · Organisation in charge; unsaid: the region's centre"
    ] = None
    amount: Annotated[Money | None, "涉案标的额 · Amount in dispute"] = None
    cause: Annotated[str | None, Text(200, blank=False), "案由 · Cause of action"] = None


@verb(
    "登记案件：受理人即首问责任人 · Register a case; who takes it in is the first-asked (R26, R85)",
    gives=(Case,),
    permission=CASES,
)
async def register_case(deed: Deed, *, case: Annotated[NewCase, "纠纷情况 · The dispute"]) -> None:
    """Within one's own region, or in the charge of one's own organisation; OutOfReach (HUB-715) otherwise."""
    region, organisation = await place_of(deed, case)
    scope = deed.viewer.scope
    if not within(scope, region) and organisation not in scope.organisations:
        raise OutOfReach
    await open_case(deed, case, region, organisation)


async def open_case(
    deed: Deed, case: NewCase, region: Row, organisation: str, *, court: str | None = None
) -> tuple[Row, list[Row]]:
    """Add the case and its parties; `court` is the one that registers a matter of its own to delegate it.

    UnfitValue (HUB-717) for a value that means nothing, and for a case that nobody applies with.
    """
    case = checked(case)
    row = deed.blank(Case)
    values = {
        "number": await _number(deed, region["code"]),
        "title": case.title,
        "narrative": case.narrative,
        "handling": Handling.SPLIT,
        "start": start_of(case.channel),
        "domain": domain_of(case.dispute_type),
        "dispute_type": case.dispute_type,
        "channel": case.channel,
        "severity": case.severity,
        "cause": case.cause,
        "amount": case.amount,
        "region": region.id,
        "organisation": organisation,
        "online": case.online,
        "registered_at": deed.now,
        "registered_on": deed.today,
        "leaked": False,
        **first_contact(deed.actor, _own(deed) or organisation),
    }
    await begin(deed, row, [CaseAction.REGISTER], values, beside={"court": court} if court else {})
    return row, [_add_party(deed, row.id, party) for party in case.parties]


def checked(case: NewCase) -> NewCase:
    """The case in the spelling that is stored. UnfitValue (HUB-717) names the first input that is none."""
    if not any(party.role is PartyRole.APPLICANT for party in case.parties):
        raise nobody_applies("case.parties")
    parties = tuple(_checked(party, f"case.parties.{number}") for number, party in enumerate(case.parties))
    return replace(case, parties=parties, amount=amount_of(case.amount, "case.amount"))


def _checked(party: NewParty, path: str) -> NewParty:
    identity = identity_of(party.kind, party.identity, f"{path}.identity")
    return replace(party, identity=identity, phone=phone_of(party.phone, f"{path}.phone"))


def first_contact(role: str, organisation: str | None) -> dict[str, Any]:
    """Who was asked first: a role and an organisation, never a person's name (R85)."""
    return {"first_contact_role": role, "first_contact_organisation": organisation}


async def place_of(deed: Deed, case: NewCase) -> tuple[Row, str]:
    """The region and the organisation in charge; NoSuchRow for one that names nothing."""
    region = await deed.row(Region, case.region)
    if case.organisation is not None:
        return region, (await deed.row(Organisation, case.organisation)).id
    own = _own(deed) if deed.viewer.role in _ROLES_OF_BODIES else None
    found = own or await centre_of(deed.connection, deed.base.metadata.tables, region["code"])
    if found is None:
        raise OutOfReach
    return region, found


def within(scope: Scope, region: Row) -> bool:
    """Whether the region lies in one of the scope's."""
    return any(region[level] in getattr(scope, level) for level in LEVELS if region[level])


def _own(deed: Deed) -> str | None:
    mine = deed.viewer.scope.organisations
    return mine[0] if len(mine) == 1 else None


def _add_party(deed: Deed, case: str, party: NewParty) -> Row:
    values = {name: getattr(party, name) for name in ("name", "role", "kind", "identity", "phone", "address")}
    return deed.add(deed.blank(Party), event=None, case=case, shielded=bool(party.shielded), **values)


async def _number(deed: Deed, region: str) -> str:
    return await next_number(deed, case_series(region, deed.today.year))


async def next_number(deed: Deed, series: str) -> str:
    """The next number of the series, which nobody else takes until the deed is written."""
    await deed.hold(series)
    numbers = Numbers()
    await numbers.read(deed.connection, deed.base.metadata.tables, [series])
    return numbers.next(series)
