"""Deeds a second, by requests and without, with 1, 4 and 16 clients, on hot and on spread cases, on both databases.

    python -m benchmarks.deeds --data DIR

`hot`: a case is suspended and resumed, all clients on four cases; `spread`: the same, each client on cases of its own;
`new`: a court registers a matter and delegates it, which draws two numbers. A deed that is refused because another came
before it is counted apart. CPU is that of the process that does the deeds and of the database's, per deed, the refused
ones included. `http` asks a hub of its own process, `direct` does the verb in this one. Medians of rounds.
"""

import argparse
import asyncio
import datetime as dt
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import sqlalchemy as sa

from benchmarks import farm
from benchmarks.data import CONFIG, keys_in
from benchmarks.load import PER_PRINCIPAL, Channel, request_of
from benchmarks.serving import tokens_of
from hub.access.viewers import Viewer, read_viewers
from hub.errors import HubError
from hub.exchange_settings import read_agreements
from hub.parts import hub_acts, hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.doing import Doing, Request
from hub.procedures.referrals import NewReferral
from hub.procedures.registration import NewCase, NewParty
from hub.procedures.rows import organisation_id
from hub.procedures.seeds import read_seeds
from hub.schema.cases import PartyKind, PartyRole
from hub.schema.referrals import ReferralType
from hub.schema.verbs import Id
from hub.settings import Limits
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.migrate import upgrade
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

BODY, COURT, REGION = organisation_id("mediation-commerce-federation"), "court_鲁0402", "region_370402001"
HOT, SPREAD = 4, 64
"""Cases that all clients share, and cases in all."""
WAYS, KINDS = ("direct", "http"), ("hot", "spread", "new")
_KEYS = count(1)
_TURN = """mutation ($case: ID!, $version: Int!, $key: String!) {
  %s(case: $case, expectedVersion: $version, idempotencyKey: $key%s) { repeated case { id version state } } }"""
_NEW = """mutation ($case: NewCaseInput!, $referral: NewReferralInput!, $key: String!) {
  delegateCase(case: $case, referral: $referral, evidence: "签字 17", idempotencyKey: $key) {
    referral { id number state } case { id number state } } }"""


@dataclass(frozen=True, slots=True)
class Place:
    """An open base, who acts on it, and how a verb is done without any request."""

    base: Base
    doing: Doing
    viewers: Mapping[str, Viewer]


@dataclass(frozen=True, slots=True)
class Server:
    """Which base is worked on, by which hub (none: by this process), and the database's process."""

    url: str
    folder: Path
    hub: farm.Running | None
    database: int | None

    @property
    def cpu(self) -> float:
        """Seconds of processor time that whoever does the deeds and the database have used."""
        own = time.process_time() if self.hub is None else self.hub.cpu
        return own + (farm.tree_cpu(self.database) if self.database else 0.0)


@dataclass(slots=True)
class Client:
    """Does deeds one after the other; how long each took, and how many were refused."""

    place: Place
    cases: list[str]
    channels: Mapping[str, tuple[Channel, int, str]] | None
    taken: list[float] = field(default_factory=list)
    refused: int = 0

    async def work(self, kind: str, ends: float) -> None:
        turn = 0
        while time.perf_counter() < ends:
            done = await (self._new() if kind == "new" else self._turned(self.cases[turn % len(self.cases)]))
            self.refused += not done
            turn += 1

    async def _turned(self, case: str) -> bool:
        """Suspend the case, or resume it."""
        table = self.place.base.metadata.tables["cases"]
        async with self.place.base.engine.connect() as connection:
            asked = sa.select(table.c.version, table.c.state).where(table.c.id == case)
            version, state = (await connection.execute(asked)).one()
        resting = state != "SUSPENDED"
        verb, said = ("suspend_case", {"ground": "ILLNESS"}) if resting else ("resume_case", {})
        if self.channels is None:
            return await self._direct("committee", verb, said, case, version)
        text = _TURN % (("suspendCase", ', ground: "ILLNESS"') if resting else ("resumeCase", ""))
        return await self._asked("committee", text, {"case": case, "version": version})

    async def _new(self) -> bool:
        """Register and delegate a matter."""
        if self.channels is None:
            return await self._direct("court", "delegate_case", dict(_matter()))
        return await self._asked("court", _NEW, _matter_in_json())

    async def _direct(
        self, viewer: str, verb: str, said: dict[str, Any], row: str | None = None, version: int | None = None
    ) -> bool:
        request = Request(row, version, _key(), said, repr((row, version, said)))
        begun = time.perf_counter()
        try:
            await self.place.doing(verb, request, self.place.viewers[viewer])
        except HubError as error:
            if error.status >= 500:
                raise
            return False
        self.taken.append(time.perf_counter() - begun)
        return True

    async def _asked(self, viewer: str, text: str, variables: dict[str, Any]) -> bool:
        assert self.channels is not None
        channel, port, token = self.channels[viewer]
        body = orjson.dumps({"query": text, "variables": {**variables, "key": _key()}})
        begun = time.perf_counter()
        answer = orjson.loads(await channel.ask(request_of(port, token, body)))
        if "errors" in answer:
            if answer["errors"][0]["extensions"]["hub"] not in ("HUB-505", "HUB-710"):
                raise SystemExit(str(answer))
            return False
        self.taken.append(time.perf_counter() - begun)
        return True


def _key() -> str:
    return f"bench-{os.getpid()}-{next(_KEYS):08d}"


def _matter() -> Mapping[str, Any]:
    """A dispute between two people that the court delegates."""
    sides = (("张三", PartyRole.APPLICANT), ("李四", PartyRole.RESPONDENT))
    parties = tuple(NewParty(name, role, PartyKind.NATURAL_PERSON) for name, role in sides)
    case = NewCase("张三与李四买卖合同纠纷", "04", "08", "2", Id(REGION), False, parties, "因货款发生争议")
    return {
        "case": case,
        "referral": NewReferral(ReferralType.DELEGATE, Id(BODY), Id(COURT)),
        "evidence": "签字 17",
    }


def _matter_in_json() -> dict[str, Any]:
    parties = [
        {"name": "张三", "role": "APPLICANT", "kind": "NATURAL_PERSON"},
        {"name": "李四", "role": "RESPONDENT", "kind": "NATURAL_PERSON"},
    ]
    said = {"title": "张三与李四买卖合同纠纷", "disputeType": "04", "channel": "08", "severity": "2", "online": False}
    case = {**said, "region": REGION, "narrative": "因货款发生争议", "parties": parties}
    return {"case": case, "referral": {"type": "DELEGATE", "receiver": BODY, "court": COURT}}


async def measure(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Everything asked for: one entry per database, way, kind and number of clients."""
    asked.data.mkdir(parents=True, exist_ok=True)
    found = []
    for database in asked.databases:
        with farm.postgres(asked.data / "postgres") if database == "postgresql" else nullcontext() as server:
            url = await _empty(asked.data, server)
            async with _place(url, asked.data) as place:
                cases = await _cases(place)
                statements = await _statements(place, cases)
                for way in asked.ways:
                    async for entry in _measured(way, (url, server), place, cases, asked):
                        found.append({"database": database, **entry, "statements": statements[entry["kind"]]})
                        _print(found[-1])
    return found


async def _measured(
    way: str, at: tuple[str, farm.Postgres | None], place: Place, cases: list[str], asked: argparse.Namespace
) -> AsyncIterator[dict[str, Any]]:
    url, database = at
    async with _serving(url, asked.data) if way == "http" else nullcontext() as hub:
        server = Server(url, asked.data, hub, database.pid if database else None)
        for kind in asked.kinds:
            for clients in asked.clients:
                rounds = [await _round(kind, clients, place, cases, asked.seconds, server) for _ in range(asked.rounds)]
                middle = {name: median(each[name] for each in rounds) for name in rounds[0]}
                yield {"way": way, "kind": kind, "clients": clients, **middle}


async def _round(
    kind: str, clients: int, place: Place, cases: list[str], seconds: float, server: Server
) -> dict[str, float]:
    shared = cases[:HOT]
    mine = [shared[n % HOT :] + shared[: n % HOT] if kind == "hot" else cases[n::clients] for n in range(clients)]
    working = [Client(place, mine[n], await _channels(n, server)) for n in range(clients)]
    begun, cpu = time.perf_counter(), server.cpu
    await asyncio.gather(*(client.work(kind, begun + seconds) for client in working))
    took, used = time.perf_counter() - begun, server.cpu - cpu
    taken = sorted(each for client in working for each in client.taken)
    refused = sum(client.refused for client in working)
    return {
        "per_second": len(taken) / took,
        "p50_ms": taken[len(taken) // 2] * 1000,
        "p99_ms": taken[int(len(taken) * 0.99)] * 1000,
        "cpu_ms": used / (len(taken) + refused) * 1000,
        "refused": refused / (len(taken) + refused),
        "load": os.getloadavg()[0],
    }


async def _channels(number: int, server: Server) -> dict[str, tuple[Channel, int, str]] | None:
    if server.hub is None:
        return None
    engine, tokens = await tokens_of(server.url, server.folder / "keys.json")
    await engine.dispose()
    found = {}
    for viewer in ("court", "committee"):
        port = server.hub.port
        channel = Channel(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))
        found[viewer] = channel, port, tokens.issue(viewer, subject=f"bench-{number // PER_PRINCIPAL}")
    return found


async def _statements(place: Place, cases: list[str]) -> dict[str, float]:
    """How many statements a deed is, BEGIN and COMMIT apart."""
    client, found = Client(place, cases, None), {}
    seen: list[str] = []
    engine = place.base.engine.sync_engine
    for kind, times in (("spread", 2), ("new", 2)):
        listens = lambda _c, _cursor, statement, *_: seen.append(statement)  # noqa: E731 - to be taken off again
        sa.event.listen(engine, "before_cursor_execute", listens)
        seen.clear()
        for _ in range(times):
            await (client._new() if kind == "new" else client._turned(cases[0]))  # noqa: SLF001
        sa.event.remove(engine, "before_cursor_execute", listens)
        own = kind == "spread"  # The client's own look at the version.
        found[kind] = len(seen) / times - own
    return found | {"hot": found["spread"]}


async def _cases(place: Place) -> list[str]:
    """So many cases that the body handles."""
    client = Client(place, [], None)
    await client._direct("court", "invite_organisation", {"court": COURT, "organisation": BODY})  # noqa: SLF001
    for _ in range(SPREAD):
        await client._new()  # noqa: SLF001
    table = place.base.metadata.tables["referrals"]
    found = []
    for verb in ("deliver_referral", "accept_referral"):
        async with place.base.engine.connect() as connection:
            rows = (await connection.execute(sa.select(table.c.id, table.c.version, table.c.case_id))).all()
        for id_, version, _ in rows:
            await client._direct("committee", verb, {}, id_, version)  # noqa: SLF001
        found = [row.case_id for row in rows]
    return found


@asynccontextmanager
async def _place(url: str, folder: Path) -> AsyncIterator[Place]:
    model, engine = hub_model(), await open_base(url)
    metadata, seal = tables(model), Seal(read_keys(folder / "keys.json"))
    base = Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    await apply(base, read_seeds(CONFIG), Limits(), actor="admin", now=_now())
    async with engine.connect() as connection:
        viewers = await read_viewers(connection, metadata.tables["policies"], _now().date())
    doing = Doing(base, hub_acts(), seal=seal, now=_now, agreements=read_agreements(CONFIG))
    yield Place(base, doing, viewers)
    await engine.dispose()


async def _empty(folder: Path, server: farm.Postgres | None) -> str:
    keys_in(folder / "keys.json")
    file = folder / "deeds.db"
    file.unlink(missing_ok=True)
    url = f"sqlite:///{file.resolve()}" if server is None else await server.database("deeds", anew=True)
    await upgrade(url)
    return url


@asynccontextmanager
async def _serving(url: str, folder: Path) -> AsyncIterator[farm.Running]:
    port = farm.free_port()
    said = {"HUB_SERVER_PORT": str(port), "HUB_DATABASE_URL": url, "HUB_KEYS_FILE": str(folder / "keys.json")}
    server = await farm.start("hub", [sys.executable, "-W", "ignore", "-m", "hub", "serve"], port, said)
    try:
        yield server
    finally:
        await server.end()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_HEAD = (
    f"{'':<12}{'':<8}{'':<8}{'clients':>8}{'deeds/s':>10}{'p50 ms':>10}{'p99 ms':>10}"
    f"{'CPU ms':>9}{'refused':>9}{'stmts':>7}{'load':>6}"
)


def _print(e: Mapping[str, Any]) -> None:
    figures = f"{e['clients']:>8}{e['per_second']:>10,.0f}{e['p50_ms']:>10,.1f}{e['p99_ms']:>10,.1f}"
    more = f"{e['cpu_ms']:>9.1f}{e['refused']:>9.0%}{e['statements']:>7.1f}{e['load']:>6.1f}"
    print(f"{e['database']:<12}{e['way']:<8}{e['kind']:<8}{figures}{more}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=3.0, help="of one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path("data/benchmarks"), help="folder of bases and keys")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    asked = parser.parse_args()
    print(_HEAD)
    found = asyncio.run(measure(asked))
    if asked.json:
        asked.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
