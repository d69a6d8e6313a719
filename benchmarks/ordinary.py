"""The ordinary way: the same fields as Strawberry types over SQLAlchemy's ORM, one batching loader per link.

python -m benchmarks.ordinary --database URL --port 8002 --keys FILE

No N+1: every link and list of a page is one statement. `X-Statements` says how many a request took.
"""

import asyncio
import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
import strawberry
from aiodataloader import DataLoader
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import registry
from starlette.types import ASGIApp
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.serving import Process, serve
from hub.access.viewers import Viewer
from hub.parts import hub_model
from hub.rules.masking import mask_name
from hub.schema import cases, events, mediators, organisations, referrals, regions
from hub.schema.scalars import show_money
from hub.store.tables import tables

METADATA = tables(hub_model())
ROWS: dict[str, type] = {name: type(name, (), {}) for name in METADATA.tables}
UNREAD = ("_sealed", "_hash", "_tokens", "_before", "_after")
"""Endings of columns that nobody shows: they are left in the database."""

_mapped = registry(metadata=METADATA)
for _name, _class in ROWS.items():
    _columns = [column.name for column in METADATA.tables[_name].columns if not column.name.endswith(UNREAD)]
    _mapped.map_imperatively(_class, METADATA.tables[_name], include_properties=_columns)

Money = strawberry.scalar(str, name="Money")
Kinds = (
    cases.CaseState, cases.Handling, cases.CaseStart, cases.Domain, cases.PartyRole, cases.PartyKind,
    events.EventType, mediators.Employment, organisations.OrganisationLevel, referrals.ReferralState,
    referrals.ReferralType, regions.RegionLevel,
)  # fmt: skip
ENUMS: dict[str, Any] = {kind.__name__: strawberry.enum(kind) for kind in Kinds}
EXTENSIONS: list[Any] = [lambda: ParserCache(1024), lambda: ValidationCache(1024)]
"""Documents are parsed and validated once."""

ENDED = {"NOT_ACCEPTED", "MERGED", "PERFORMED", "CLOSED_FAILED", "CLOSED", "TRANSFERRED"}


class Context:
    """One request: its viewer, its session, its loaders."""

    def __init__(self, viewer: Viewer, session: AsyncSession) -> None:
        self.viewer = viewer
        self.session = session
        self.loaders: dict[Any, DataLoader[Any, Any]] = {}
        self.statements = 0
        self.turn = asyncio.Lock()

    def loader(self, key: Any, load: Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]) -> DataLoader[Any, Any]:
        """The loader of a link; there is one."""
        if key not in self.loaders:
            self.loaders[key] = DataLoader(load)
        return self.loaders[key]

    async def rows(self, statement: sa.Select[Any]) -> Sequence[Any]:
        """Rows of a statement, which is counted."""
        self.statements += 1
        async with self.turn:  # a session runs one statement at a time
            found: Sequence[Any] = (await self.session.execute(statement)).scalars().all()
        return found

    async def by_id(self, table: str, id_: str | None) -> Any:
        """The row behind a link."""
        if id_ is None:
            return None

        async def load(ids: list[str]) -> list[Any]:
            kind: Any = ROWS[table]
            found = {row.id: row for row in await self.rows(sa.select(kind).where(kind.id.in_(ids)))}
            return [found.get(each) for each in ids]

        return await self.loader(table, load).load(id_)

    async def code(self, name: str, code: str | None) -> Any:
        """The code of a list."""
        return await self.by_id("codes", f"code_{name}_{code}") if code is not None else None

    async def of_case(self, table: str, case: str, first: int) -> list[Any]:
        """The first rows that belong to a case: one statement for all cases of the page."""

        async def load(ids: list[str]) -> list[Any]:
            kind: Any = ROWS[table]
            columns = METADATA.tables[table]
            number = sa.func.row_number().over(partition_by=columns.c.case_id, order_by=columns.c.id).label("rn")
            page = sa.select(columns.c.id, number).where(columns.c.case_id.in_(ids)).subquery()
            asked = sa.select(kind).join(page, page.c.id == kind.id).where(page.c.rn <= first).order_by(kind.id)
            found: dict[str, list[Any]] = defaultdict(list)
            for row in await self.rows(asked):
                found[row.case_id].append(row)
            return [found[each] for each in ids]

        rows: list[Any] = await self.loader((table, first), load).load(case)
        return rows


Info = strawberry.Info[Context, None]
Root = Any


def told(name: str, kind: type[enum.Enum], *, nullable: bool = False) -> Any:
    """A field that is a member of an enum, stored by its name."""

    def resolver(root: Root) -> Any:
        value = getattr(root, name)
        return kind[value] if value is not None else None

    resolver.__annotations__["return"] = kind | None if nullable else kind
    return strawberry.field(resolver)


def coded(name: str, list_: str) -> Any:
    """A field that shows the code behind a column."""

    async def resolver(root: Root, info: Info) -> Any:
        return await info.context.code(list_, getattr(root, name))

    resolver.__annotations__["return"] = Annotated["Code", strawberry.lazy(__name__)] | None
    return strawberry.field(resolver)


def linked(name: str, table: str, kind: str) -> Any:
    """A field that shows the row behind a link."""

    async def resolver(root: Root, info: Info) -> Any:
        return await info.context.by_id(table, getattr(root, f"{name}_id"))

    resolver.__annotations__["return"] = Annotated[kind, strawberry.lazy(__name__)] | None
    return strawberry.field(resolver)


def listed(table: str, kind: str) -> Any:
    """A field that shows the first rows of a list."""

    async def resolver(root: Root, info: Info, first: int = 20) -> Any:
        return SimpleNamespace(nodes=await info.context.of_case(table, root.id, first))

    resolver.__annotations__["return"] = Annotated[f"{kind}Connection", strawberry.lazy(__name__)]
    return strawberry.field(resolver)


@strawberry.type
class Code:
    code: str
    zh: str


@strawberry.type
class Region:
    id: strawberry.ID
    code: str
    name: str
    level: regions.RegionLevel = told("level", regions.RegionLevel)


@strawberry.type
class Organisation:
    id: strawberry.ID
    name: str
    level: organisations.OrganisationLevel = told("level", organisations.OrganisationLevel)
    phone: str | None


@strawberry.type
class Court:
    id: strawberry.ID
    code: str
    name: str


@strawberry.type
class Mediator:
    id: strawberry.ID
    name: str
    employment: mediators.Employment = told("employment", mediators.Employment)


@strawberry.type
class Party:
    id: strawberry.ID
    role: cases.PartyRole = told("role", cases.PartyRole)
    kind: cases.PartyKind = told("kind", cases.PartyKind)
    identity: str | None
    phone: str | None
    address: str | None

    @strawberry.field
    def name(root: Root, info: Info) -> str:  # noqa: N805 - rows are no instances of this type
        return mask_name(root.name) if "name" in info.context.viewer.masks else root.name


@strawberry.type
class CaseMode:
    id: strawberry.ID
    mode: Code | None = coded("mode", "mode")
    started_on: dt.date
    ended_on: dt.date | None


@strawberry.type
class Referral:
    id: strawberry.ID
    number: str
    type: referrals.ReferralType = told("type", referrals.ReferralType)
    state: referrals.ReferralState = told("state", referrals.ReferralState)
    issued_at: str
    due_on: dt.date | None
    completed_on: dt.date | None
    court: Court | None = linked("court", "courts", "Court")
    sender: Organisation | None = linked("sender", "organisations", "Organisation")
    receiver: Organisation | None = linked("receiver", "organisations", "Organisation")


@strawberry.type
class SourceRecord:
    id: strawberry.ID
    system: str
    source_number: str
    received_at: str
    organisation: Organisation | None = linked("organisation", "organisations", "Organisation")


@strawberry.type
class Fact:
    name: str
    code: str | None
    id: str | None


@strawberry.type
class Event:
    id: strawberry.ID
    type: events.EventType = told("type", events.EventType)
    occurred_at: str
    actor: str

    @strawberry.field
    def facts(root: Root) -> list[Fact]:  # noqa: N805
        return [Fact(**fact) for fact in orjson.loads(root.facts)]


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class PartyConnection:
    nodes: list[Party]


@strawberry.type
class CaseModeConnection:
    nodes: list[CaseMode]


@strawberry.type
class ReferralConnection:
    nodes: list[Referral]


@strawberry.type
class SourceRecordConnection:
    nodes: list[SourceRecord]


@strawberry.type
class EventConnection:
    nodes: list[Event]


@strawberry.type
class Case:
    id: strawberry.ID
    number: str
    title: str
    narrative: str | None
    state: cases.CaseState = told("state", cases.CaseState)
    handling: cases.Handling = told("handling", cases.Handling)
    start: cases.CaseStart = told("start", cases.CaseStart)
    domain: cases.Domain = told("domain", cases.Domain)
    cause: str | None
    online: bool
    leaked: bool
    version: int
    registered_at: str
    registered_on: dt.date
    accepted_on: dt.date | None
    due_on: dt.date | None
    concluded_on: dt.date | None
    resolved_level: organisations.OrganisationLevel | None = told(
        "resolved_level", organisations.OrganisationLevel, nullable=True
    )
    dispute_type: Code | None = coded("dispute_type", "dispute_type")
    channel: Code | None = coded("channel", "channel")
    severity: Code | None = coded("severity", "severity")
    outcome: Code | None = coded("outcome", "outcome")
    region: Region | None = linked("region", "regions", "Region")
    organisation: Organisation | None = linked("organisation", "organisations", "Organisation")
    mediator: Mediator | None = linked("mediator", "mediators", "Mediator")
    parties: PartyConnection = listed("parties", "Party")
    modes: CaseModeConnection = listed("case_modes", "CaseMode")
    referrals: ReferralConnection = listed("referrals", "Referral")
    source_records: SourceRecordConnection = listed("source_records", "SourceRecord")
    events: EventConnection = listed("events", "Event")

    @strawberry.field
    def amount(root: Root) -> Money | None:  # type: ignore[valid-type]  # noqa: N805
        return show_money(root.amount) if root.amount is not None else None

    @strawberry.field
    def open(root: Root) -> bool:  # noqa: N805
        return root.state not in ENDED


@strawberry.type
class CaseConnection:
    nodes: list[Case]
    page_info: PageInfo


@strawberry.type
class CaseStatistics:
    district: Region | None
    state: cases.CaseState | None
    count: int
    amount_sum: Money  # type: ignore[valid-type]


@strawberry.enum
class Direction(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum
class CaseOrderField(enum.Enum):
    REGISTERED_AT = "registered_at"
    ID = "id"


@strawberry.enum
class CaseDimension(enum.Enum):
    DISTRICT = "district"
    STATE = "state"


@strawberry.input
class CaseStateFilter:
    in_: list[cases.CaseState] | None = strawberry.field(name="in", default=None)


@strawberry.input
class CaseFilter:
    state: CaseStateFilter | None = None


@strawberry.input
class CaseOrder:
    field: CaseOrderField
    direction: Direction = Direction.ASC


def _seen(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The rows of `cases` within the viewer's regions."""
    table = METADATA.tables["cases"]
    levels = ("city", "district", "town", "zone")
    return sa.or_(sa.false(), *(table.c[level].in_(held) for level in levels if (held := getattr(viewer.scope, level))))


@strawberry.type
class Query:
    @strawberry.field
    async def case(self, info: Info, number: str) -> Case | None:
        kind: Any = ROWS["cases"]
        found = await info.context.rows(sa.select(kind).where(kind.number == number, _seen(info.context.viewer)))
        return found[0] if found else None

    @strawberry.field
    async def cases(
        self,
        info: Info,
        filter: CaseFilter | None = None,  # noqa: A002 - the graph's own name
        order_by: list[CaseOrder] | None = None,
        first: int = 20,
    ) -> CaseConnection:
        kind: Any = ROWS["cases"]
        asked = sa.select(kind).where(_seen(info.context.viewer))
        if filter and filter.state and filter.state.in_ is not None:
            asked = asked.where(kind.state.in_([state.name for state in filter.state.in_]))
        terms = [(order.field.value, order.direction is Direction.DESC) for order in order_by or []]
        terms.append(("id", terms[-1][1] if terms else False))
        columns = [getattr(kind, name).desc() if down else getattr(kind, name) for name, down in terms]
        rows = list(await info.context.rows(asked.order_by(*columns).limit(first + 1)))
        shown: Any = rows[:first]
        page = PageInfo(has_next_page=len(rows) > first, end_cursor=_cursor(shown, terms))
        return CaseConnection(nodes=shown, page_info=page)

    @strawberry.field
    async def case_statistics(self, info: Info, by: list[CaseDimension]) -> list[CaseStatistics]:
        table, context = METADATA.tables["cases"], info.context
        keys = [table.c[dimension.value] for dimension in by]
        counts = sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.amount), 0)
        context.statements += 1
        asked = sa.select(*keys, *counts).where(_seen(context.viewer)).group_by(*keys).order_by(*keys)
        found = []
        for row in await context.session.execute(asked):
            values = dict(zip((dimension.value for dimension in by), row, strict=False))
            district = await context.by_id("regions", f"region_{values['district']}")
            state, money = cases.CaseState[values["state"]], show_money(int(row[-1]))
            found.append(CaseStatistics(district=district, state=state, count=row[-2], amount_sum=money))
        return found


def _cursor(rows: Sequence[Any], terms: Sequence[tuple[str, bool]]) -> str | None:
    if not rows:
        return None
    tag = ",".join(f"{name}:{'d' if down else 'a'}" for name, down in terms)
    return orjson.dumps([tag, *(getattr(rows[-1], name) for name, _ in terms)]).hex()


class App(GraphQL[Context, None]):
    """The framework's own endpoint; a session and fresh loaders for each request."""

    def __init__(self, process: Process) -> None:
        super().__init__(strawberry.Schema(Query, extensions=EXTENSIONS), graphql_ide=None)
        self.tokens = process.tokens
        self.sessions = async_sessionmaker(process.engine, expire_on_commit=False)

    async def run(self, request: Any, context: Any = None, root_value: Any = None) -> Any:
        viewer = self.tokens.identify(request.headers.get("authorization"))
        async with self.sessions() as session:
            context = Context(viewer, session)
            response: Any = await super().run(request, context, root_value)
        response.headers["X-Statements"] = str(context.statements)
        return response

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


async def application(process: Process) -> ASGIApp:
    """The framework's endpoint."""
    return App(process)


if __name__ == "__main__":
    serve(__doc__ or "", application)
