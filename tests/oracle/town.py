"""A municipality made by hand, and asking the oracle about it."""

import datetime as dt
from typing import Any

import orjson

from hub.schema.cases import Case, CaseStart, CaseState, Domain, Handling, Party, PartyKind, PartyRole
from hub.schema.codes import Code
from hub.schema.courts import Court, CourtLevel
from hub.schema.declare import Entity
from hub.schema.events import Event, EventType, Fact
from hub.schema.graph import graph
from hub.schema.model import build
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.policies import Policy
from hub.schema.referrals import Referral, ReferralState, ReferralType
from hub.schema.regions import Region, RegionLevel

from .oracle import Oracle, Outcome
from .rows import BY_LEDGER, ORDER, WRITTEN_AT, Data
from .viewers import MASKED, Viewer

CITY = Viewer("city", regions=("370400",))
MARKET = Viewer("market district", regions=("370402",))
ZONE = Viewer("zone", regions=("370491",))
SUPERVISOR = Viewer("supervisor", regions=("370400",), masks=MASKED)
SENDER = Viewer("sender", organisations=(f"org_{'b' * 32}",))
COURT = Viewer("court", courts=("court_鲁0402",))


def hexed(prefix: str, letter: str) -> str:
    return f"{prefix}_{letter * 32}"


CASE = {letter: hexed("case", letter) for letter in "123"}
MODEL = build((*ORDER, Policy))
ORACLE = Oracle(graph(MODEL), MODEL)
NODE = '{node(id: "$") {... on Event {case {number} subject {... on Referral {number}}}}}'


class Town:
    """A municipality of three cases: two in the market district, one in a management zone of the other."""

    def __init__(self) -> None:
        self.data = Data({entity.__name__: {} for entity in ORDER})
        self.places()
        self.bodies()
        self.case("1", "买卖合同纠纷 张三", amount=100, due_on=dt.date(2025, 3, 1), registered_on=dt.date(2025, 2, 28))
        self.case("2", "邻里纠纷", amount=None, due_on=None, registered_on=dt.date(2025, 3, 2), state=CaseState.CLOSED)
        self.case("3", "劳动争议", "370403001", amount=-7, due_on=dt.date(2025, 1, 1), registered_on=dt.date(2025, 3, 31))
        self.around()

    def add(self, entity: type[Entity], id_: str, **values: Any) -> None:
        blank = dict.fromkeys([*entity.declared.lines, *BY_LEDGER])
        marks = {"version": 1, "created_at": WRITTEN_AT, "updated_at": WRITTEN_AT}
        self.data[entity.__name__][id_] = blank | {"id": id_} | marks | values

    def places(self) -> None:
        city = {"city": "370400", "statistical_only": False}
        self.add(Region, "region_370400", code="370400", name="枣庄市", level=RegionLevel.CITY, **city)
        for code, name in (("370402", "市中区"), ("370403", "薛城区")):
            own = {"parent": "region_370400", "district": code} | city
            self.add(Region, f"region_{code}", code=code, name=name, level=RegionLevel.DISTRICT, **own)
        own = {"parent": "region_370403", "district": "370403", "town": "370403001", "zone": "370491"} | city
        self.add(Region, "region_370403001", code="370403001", name="兴仁街道", level=RegionLevel.TOWN, **own)

    def bodies(self) -> None:
        for letter, name in (("a", "张司法局"), ("b", "阿信访局")):
            own = {"kind": "AGENCY", "region": "region_370402", "active": True, "head": "王小明"}
            self.add(Organisation, hexed("org", letter), name=name, level=OrganisationLevel.DISTRICT, **own)
        self.add(Court, "court_鲁0402", code="鲁0402", name="市中法院", level=CourtLevel.BASIC, region="region_370402")
        self.add(Code, "code_channel_HOTLINE", list="channel", code="HOTLINE", zh="热线", en="Hotline", used_by_rule=False)

    def case(self, number: str, title: str, region: str = "370402", **values: Any) -> None:
        usual: dict[str, Any] = {
            "number": f"N{number}",
            "title": title,
            "state": CaseState.HANDLING,
            "handling": Handling.SPLIT,
            "start": CaseStart.ON_APPLICATION,
            "domain": Domain.CIVIL,
            "dispute_type": "unlisted",
            "channel": "HOTLINE",
            "severity": "1",
            "region": f"region_{region}",
            "organisation": hexed("org", "a"),
            "online": number == "2",
            "leaked": False,
            "registered_at": dt.datetime(2025, 3, int(number), 8, tzinfo=dt.UTC),
        }
        self.add(Case, CASE[number], **usual | values)

    def around(self) -> None:
        person = {"role": PartyRole.APPLICANT, "kind": PartyKind.NATURAL_PERSON, "shielded": False}
        private = {"identity": "11010519491231002X", "phone": "+86-13812341234", "address": "市中区中心街街道文化路12号"}
        self.add(Party, hexed("party", "1"), case=CASE["1"], name="张三", **person, **private)
        self.add(Party, hexed("party", "3"), case=CASE["3"], name="Zoë", **person)
        sent = {"type": ReferralType.FORWARD, "state": ReferralState.ISSUED, "undisputed_facts": False}
        times = {"issued_at": WRITTEN_AT, "issued_on": dt.date(2025, 6, 1)}
        self.add(Referral, hexed("ref", "2"), number="R2", case=CASE["2"], sender=hexed("org", "b"), **sent, **times)
        self.add(
            Referral,
            hexed("ref", "3"),
            number="R3",
            case=CASE["3"],
            sender=hexed("org", "a"),
            court="court_鲁0402",
            **sent,
            **times,
        )
        event = {"type": EventType.CASE_REGISTERED, "actor": "intake", "occurred_at": WRITTEN_AT}
        self.add(
            Event, hexed("evt", "1"), case=CASE["1"], subject=hexed("ref", "3"), facts=[Fact("state", "HANDLING")], **event
        )


TOWN = Town().data


def ask(text: str, viewer: Viewer = CITY, **variables: Any) -> Outcome:
    return ORACLE.answer(TOWN, viewer, text, variables)


def data_of(text: str, viewer: Viewer = CITY, **variables: Any) -> Any:
    outcome = ask(text, viewer, **variables)
    assert outcome.refused is None, outcome.body.decode()
    return orjson.loads(outcome.body)["data"]


def numbers(text: str, viewer: Viewer = CITY, **variables: Any) -> list[str]:
    return [case["number"] for case in data_of("query " + text, viewer, **variables)["cases"]["nodes"]]


def filtered(condition: str, viewer: Viewer = CITY) -> list[str]:
    return numbers("{cases(filter: " + condition + ") {nodes {number}}}", viewer)


def ordered(terms: str) -> list[str]:
    return numbers("{cases(orderBy: " + terms + ") {nodes {number}}}")
