"""The crowd: cases beyond those that files tell of, grown and sealed by several processes and written by one."""

import asyncio
import multiprocessing
import os
import pickle
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from hub.errors import HubError
from hub.logs import failure
from hub.parts import hub_model
from hub.procedures.configuration import Base
from hub.simulation.days import HORIZON
from hub.simulation.handovers import REFERRALS
from hub.simulation.municipality import grown
from hub.simulation.seeds import Seeds
from hub.simulation.strands import STRANDS, Strand, strands
from hub.store.base import faults, open_base
from hub.store.ledger import Ledger
from hub.store.load import Lot, Spelling, Told, loading
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

_CASES_OF_A_LOT = 200
"""Some 3,600 rows: large enough for a transaction, small enough to wait in a pipe."""

log: Any = structlog.get_logger("hub.demo")


@dataclass(frozen=True, slots=True)
class Failed:
    """What went wrong in a process: our error's class and facts, the hub's own fault otherwise, and where it was."""

    kind: type[HubError]
    facts: dict[str, Any]
    places: list[str]

    @classmethod
    def by(cls, error: BaseException) -> "Failed":
        ours = error if isinstance(error, HubError) else HubError()
        return cls(type(ours), ours.facts, failure(error))

    @property
    def error(self) -> HubError:
        return self.kind(**self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a process is to grow; `keys` is the file of the keys, `first` how many cases were grown before."""

    url: str = field(repr=False)
    keys: Path
    seeds: Seeds
    cases: int
    strands: tuple[Strand, ...] = ()


async def crowd(base: Base, order: Order, *, first: int, told: Callable[[int, int, int], None], indexed: Told) -> int:
    """Write the cases of the order into a base that nobody reads yet; how many rows it was.

    `first` says how many cases were grown before, `told` hears of cases, their number and rows, `indexed` of indexes.
    """
    taken = await _taken(base)
    parts = list(strands(taken, first))
    hands = min(STRANDS, _processors())
    orders = [replace(order, strands=tuple(parts[hand::hands])) for hand in range(hands)]
    rows = done = 0
    told(done, order.cases, rows)
    async with loading(order.url, base.metadata, indexed) as load, _hired(orders) as pipes:
        async for cases, lot in _lots(pipes):
            rows, done = rows + await load.write(lot), done + cases
            told(done, order.cases, rows)
    return rows


async def _taken(base: Base) -> dict[str, int]:
    """How far each series of numbers has come, by town, and that of referrals."""
    found: dict[str, int] = defaultdict(int)
    table = base.metadata.tables
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            for name in ("cases", "referrals"):
                for number in (await connection.execute(sa.select(table[name].c.number))).scalars():
                    # `ZZF-370402001-2025-000001` and `ZZR-2025-0000001`
                    head, place, *_ = number.split("-")
                    series = REFERRALS if head == REFERRALS else place
                    found[series] = max(found[series], int(number.rpartition("-")[2]))
    return dict(found)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@asynccontextmanager
async def _hired(orders: list[Order]) -> AsyncIterator[list[Connection]]:
    """One process for each order, and the pipes that their lots come through; at the end they are dismissed."""
    context = multiprocessing.get_context("spawn")
    processes, pipes = [], []
    try:
        for order in orders:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=work, args=(theirs, order), daemon=True)
            process.start()
            # With our copy of its end closed, a process that is gone is seen.
            theirs.close()
            processes.append(process)
            pipes.append(ours)
        yield pipes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.to_thread(process.join)


async def _lots(pipes: list[Connection]) -> AsyncIterator[tuple[int, Lot]]:
    """The lots of all processes in turn, each read while the one before is written."""
    coming = {pipe: asyncio.create_task(asyncio.to_thread(_received, pipe)) for pipe in pipes}
    while coming:
        for pipe in list(coming):
            received = await coming.pop(pipe)
            if isinstance(received, Failed):
                log.error("a process that grows cases failed", failure=received.places)
                raise received.error
            if received is not None:
                coming[pipe] = asyncio.create_task(asyncio.to_thread(_received, pipe))
                yield received


def _received(pipe: Connection) -> tuple[int, Lot] | Failed | None:
    """A lot with the number of its cases; None at the end; what went wrong."""
    try:
        received: tuple[int, Lot] | Failed | None = pickle.loads(pipe.recv_bytes())  # noqa: S301 - our own wrote it
    except EOFError:
        return Failed(HubError, {}, ["it is gone"])
    return received


def work(pipe: Connection, order: Order) -> None:
    """A process: send the lots of the order's strands in turn, then nothing, or what went wrong."""
    # An interruption is the first process's to hear, which then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        asyncio.run(_send(pipe, order))
    except BrokenPipeError:
        return
    except Exception as error:  # noqa: BLE001 - told by who reads
        pipe.send_bytes(pickle.dumps(Failed.by(error)))


async def _send(pipe: Connection, order: Order) -> None:
    model = hub_model()
    metadata = tables(model)
    engine = await open_base(order.url)
    ledger = Ledger(engine, metadata, model, Seal(read_keys(order.keys)))
    spelling = Spelling(metadata, engine.dialect)

    def drafted(connection: sa.Connection, cases: list[Any]) -> Lot:
        rows = ledger.drafted(connection, [row for case in cases for row in case], now=HORIZON)
        return {table: spelling.of(table, of_table) for table, of_table in rows.items()}

    try:
        for cases in _in_turn(order):
            # Each time anew: a snapshot that is kept would keep the whole of what is written meanwhile.
            with faults(metadata):
                async with engine.connect() as connection:
                    lot = await connection.run_sync(drafted, cases)
            pipe.send_bytes(pickle.dumps((len(cases), lot), pickle.HIGHEST_PROTOCOL))
        pipe.send_bytes(pickle.dumps(None))
    finally:
        await engine.dispose()


def _in_turn(order: Order) -> Iterator[list[Any]]:
    """Cases of the order's strands, a lot of each in turn: so days pass about evenly, and ids come in order."""
    growing = [grown(order.seeds, strand, cases=order.cases) for strand in order.strands]
    while growing:
        for strand in list(growing):
            if cases := list(islice(strand, _CASES_OF_A_LOT)):
                yield cases
            else:
                growing.remove(strand)
