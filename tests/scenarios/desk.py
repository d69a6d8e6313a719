"""Desks of real viewers over the graph: what they do is a mutation, what they see a query, on the day it is."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson
import sqlalchemy as sa
from tests.procedures.agencies import AGREEMENTS, CONFIG, Hub

from hub.access.unsealing import Openings
from hub.access.viewers import Viewer, read_viewers
from hub.parts import hub_acts, hub_asides, hub_graph
from hub.procedures.doing import Doing
from hub.procedures.rows import organisation_id
from hub.procedures.sweeps import sweep_all, sweep_of
from hub.procedures.watching import supervise
from hub.resolvers.answer import Corridor
from hub.schema.declare import camel, snake
from hub.settings import Limits
from hub.store.base import reader_of

__all__ = ["CONFIG", "Desks", "Refusal", "desks"]

COURT, SENDING = "court_鲁0402", "court-0402"
BODY, OTHER_BODY = "mediation-commerce-federation", "mediation-finance"
REGION = "region_370402001"
CHINA = dt.timezone(dt.timedelta(hours=8))
_KEYS = count(1)


@dataclass(frozen=True)
class Question:
    """A request's body."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    read_only: bool = False


class Refusal(Exception):
    """A refused deed: the error's extensions and its sentence."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.said: dict[str, Any] = error["extensions"]
        self.number: str = self.said["hub"]


@dataclass
class Desks:
    """Everybody's desk; `today` is what the calendar shows."""

    hub: Hub
    viewers: dict[str, Viewer]
    now: dt.datetime
    corridor: Corridor = field(init=False)

    def on(self, day: dt.date | str, hour: int = 9) -> None:
        """It is this day in Zaozhuang."""
        date = dt.date.fromisoformat(day) if isinstance(day, str) else day
        self.now = dt.datetime.combine(date, dt.time(hour), CHINA)

    @property
    def today(self) -> str:
        return self.now.astimezone(CHINA).date().isoformat()

    async def asks(self, viewer: str, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        document = await self.document(viewer, query, variables)
        assert "errors" not in document, document["errors"]
        found: dict[str, Any] = document["data"]
        return found

    async def document(self, viewer: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        asked: Any = Question(query, variables)
        answer = await self.corridor.answer(asked, self.viewers[viewer])
        found: dict[str, Any] = orjson.loads(answer.body)
        return found

    async def does(self, viewer: str, verb: str, row: str | None = None, /, **inputs: Any) -> dict[str, Any]:
        """What the mutation gives; Refusal with its code. The version is the one that is there now, unless said."""
        version = inputs.pop("expectedVersion", None)
        act = hub_acts()[snake(verb)]
        given: dict[str, Any] = {**inputs, "idempotencyKey": inputs.get("idempotencyKey", f"scenario-{next(_KEYS):08d}")}
        if row is not None:
            given[camel(act.verb.called)] = row
            given["expectedVersion"] = version if version is not None else await self.version(row)
        document = await self.settled(viewer, verb, given)
        if "errors" in document:
            raise Refusal(document["errors"][0])
        found: dict[str, Any] = document["data"][verb]
        return found

    async def settled(self, viewer: str, verb: str, given: dict[str, Any]) -> dict[str, Any]:
        """The document of a mutation, here without anything happening to it."""
        types = {name: str(arg.type) for name, arg in _mutation().fields[verb].args.items() if name in given}
        said = ", ".join(f"${name}: {kind}" for name, kind in types.items())
        passed = ", ".join(f"{name}: ${name}" for name in types)
        gives = hub_acts()[snake(verb)].verb.gives
        shown = " ".join(f"{camel(snake(noun.declared.name))} {{ {_shown(noun.declared.name)} }}" for noun in gives)
        query = f"mutation ({said}) {{ {verb}({passed}) {{ repeated {shown} }} }}"
        return await self.document(viewer, query, given)

    async def version(self, id_: str) -> int:
        table = self.hub.base.model.noun_of(id_).table
        return int((await self.row(table, id_))["version"])

    async def row(self, table: str, id_: str) -> dict[str, Any]:
        """What is stored, whoever may see it."""
        return await self.hub.one(table, id=id_)

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        found = {}
        for name, table in self.hub.base.metadata.tables.items():
            async with self.hub.base.engine.connect() as connection:
                rows = await connection.execute(sa.select(table).order_by(table.c.id))
                found[name] = [dict(row) for row in rows.mappings()]
        return found

    # --- what many stories begin with ---------------------------------------------------------------------------------
    async def invited(self, *bodies: str) -> None:
        """The court of Shizhong has invited these bodies."""
        for body in bodies or (BODY,):
            await self.does("court", "inviteOrganisation", court=COURT, organisation=org(body))

    async def delegated(self, body: str = BODY, **more: Any) -> tuple[str, str]:
        """The court has delegated a matter to the body: ids of case and referral."""
        sent = {"type": "DELEGATE", "receiver": org(body), "court": COURT, "courtNumber": "(2026)鲁0402诉前调17号"}
        given = await self.does("court", "delegateCase", case=dispute(), referral={**sent, **more}, evidence="签字 17")
        return given["case"]["id"], given["referral"]["id"]

    async def accepted(self, body: str = BODY, **more: Any) -> tuple[str, str]:
        """Delegated, delivered and accepted."""
        case, referral = await self.delegated(body, **more)
        await self.does("committee", "deliverReferral", referral)
        await self.does("committee", "acceptReferral", referral)
        return case, referral

    async def mediating(self, **more: Any) -> tuple[str, str]:
        """Accepted; the other side agreed, interests are disclosed, mediation began."""
        case, referral = await self.accepted(**more)
        await self.does("committee", "askConsent", referral)
        _, other = await self.sides(case)
        agreed = {"matter": "MEDIATION", "answer": "AGREED"}
        await self.does("committee", "recordConsent", referral, party=other, **agreed)
        await self.does("committee", "startMediation", referral, disclosed=True)
        return case, referral

    async def sides(self, case: str) -> list[str]:
        """The parties' ids: applicant, then respondent."""
        rows = await self.hub.rows("parties", self.hub.base.metadata.tables["parties"].c.case_id == case)
        return [row["id"] for row in sorted(rows, key=lambda row: row["role"])]

    async def deadlines(self, case: str) -> dict[str, tuple[str, str]]:
        """The case's limits as the court's or the centre's desk shows them: rule -> (due, state)."""
        text = "query ($id: ID!) { case(id: $id) { deadlines(first: 50) { nodes { rule dueOn state } } } }"
        nodes = (await self.asks("district", text, id=case))["case"]["deadlines"]["nodes"]
        return {node["rule"]: (node["dueOn"], node["state"]) for node in nodes}

    async def sweeps(self) -> dict[str, int]:
        """What time has brought about by now."""
        return await sweep_all(sweep_of(self.hub.base, self.hub.seal, self.now))

    async def supervises(self) -> dict[str, int]:
        """What supervision finds by now."""
        return await supervise(sweep_of(self.hub.base, self.hub.seal, self.now))

    async def alerts(self, viewer: str = "district") -> list[dict[str, Any]]:
        """The alerts that the viewer sees, the oldest first."""
        text = """{ supervisionAlerts(first: 50, orderBy: [{field: RAISED_ON, direction: ASC}]) { nodes {
            id version state level trigger rule risk dueOn replyDueOn endedAs provisional listedOn delayReason { code }
            explanation organisation { id } addressees { post id } case { id } availableActions { action verb } } } }"""
        nodes: list[dict[str, Any]] = (await self.asks(viewer, text))["supervisionAlerts"]["nodes"]
        return nodes

    async def alert(self, viewer: str = "district", **known: Any) -> dict[str, Any]:
        """The one open alert with these values."""
        open_ = [each for each in await self.alerts(viewer) if each["state"] not in ("RESOLVED", "CANCELLED")]
        (found,) = [each for each in open_ if all(each[name] == value for name, value in known.items())]
        return found

    async def states(self, case: str, referral: str) -> tuple[str, str]:
        return (await self.row("cases", case))["state"], (await self.row("referrals", referral))["state"]

    async def history(self, viewer: str, id_: str, noun: str = "case") -> list[str]:
        """What the events of a case or referral tell: `TYPE from>to reason`."""
        text = f"query ($id: ID!) {{ {noun}(id: $id) {{ events(first: 100) {{ nodes {{ type facts {{ name code }} }} }} }} }}"
        nodes = (await self.asks(viewer, text, id=id_))[noun]["events"]["nodes"]
        told = []
        for node in nodes:
            facts = {fact["name"]: fact["code"] for fact in node["facts"]}
            if "to" in facts and "action" in facts:
                told.append(f"{node['type']} {facts.get('from', '')}>{facts['to']} {facts.get('reason', '')}".strip())
        return told


def org(key: str) -> str:
    return organisation_id(key)


def dispute(**said: Any) -> dict[str, Any]:
    """A dispute between two people as it comes in."""
    return {
        "title": "张三与李四买卖合同纠纷",
        "narrative": "因货款发生争议",
        "disputeType": "04",
        "channel": "08",
        "severity": "2",
        "region": REGION,
        "online": False,
        "parties": [
            {"name": "张三", "role": "APPLICANT", "kind": "NATURAL_PERSON", "phone": "13812345678"},
            {"name": "李四", "role": "RESPONDENT", "kind": "NATURAL_PERSON"},
        ],
        **said,
    }


def notice(**said: Any) -> dict[str, Any]:
    """Where else the parties can turn."""
    return {"channels": ["SSFY", "ZC"], "advice": "可向人民法院起诉", **said}


@asynccontextmanager
async def desks(hub: Hub, url: str, kind: type[Desks] | None = None) -> AsyncIterator[Desks]:
    """Desks over the hub's base."""
    base = hub.base
    async with base.engine.connect() as connection:
        viewers = await read_viewers(connection, base.metadata.tables["policies"], hub.now.date())
    reader = reader_of(url, statement_seconds=20)
    carried = {name: each.carried_by(f"at-{name}", "jti", 0) for name, each in viewers.items()}
    found = (kind or Desks)(hub, carried, hub.now)
    doing = Doing(base, hub_acts(), seal=hub.seal, now=lambda: found.now, agreements=AGREEMENTS)
    openings = Openings(base.engine, base.metadata, base.model, ledger=base.ledger, seal=hub.seal, now=lambda: found.now)
    found.corridor = Corridor(
        hub_graph(),
        base.model,
        reader,
        hashed=hub.seal.hashed,
        limits=Limits(),
        openings=openings,
        doing=doing,
        asides=hub_asides(base),
    )
    try:
        yield found
    finally:
        await reader.close()


def _mutation() -> Any:
    return hub_graph()._schema.mutation_type


def _shown(noun: str) -> str:
    fields = hub_graph()._schema.type_map[noun].fields  # type: ignore[attr-defined]
    return " ".join(name for name in ("id", "version", "state", "dueOn") if name in fields)
