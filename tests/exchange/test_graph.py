"""Batches and quarantine as the graph shows them: masked, sealed, and to those whose business they are (R65, R66)."""

import datetime as dt
import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest_asyncio
from tests.exchange.test_truth import LOUD
from tests.exchange.truth import Account

from hub.access.unsealing import Openings
from hub.access.viewers import PUBLIC, Viewer, read_viewers
from hub.parts import hub_graph
from hub.resolvers.answer import Corridor
from hub.settings import Limits
from hub.simulation.agencies.files import File
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.samples import sample
from hub.store.base import reader_of
from hub.web.body import Question

BATCHES = """query { batches(first: 20) {
  totalCount
  nodes { id record file received applied merged corrected unchanged superseded quarantined state
          rows(first: 100) { totalCount nodes { place shown content reason } } } } }"""
ROWS = "query { quarantinedRows(first: 100) { totalCount nodes { record shown content } } }"
RECORDS = ("petition", "market", "finance", "town-ledger", "court-referral")
IDENTITY = re.compile(r"[0-9]{17}[0-9X]|[0-9]{15}|[0-9A-Z]{18}")
PARTIES = ("A", "B", "AB", "Aid", "Bid")


@dataclass(frozen=True)
class Asked:
    """A hub over the base of the account, asked as one of its viewers."""

    corridor: Corridor
    viewers: Mapping[str, Viewer]
    files: Mapping[str, File]

    async def __call__(self, query: str, viewer: str | None, **variables: Any) -> dict[str, Any]:
        who = self.viewers[viewer] if viewer else PUBLIC
        question = Question(query, None, variables, {}, read_only=False)
        answer = await self.corridor.answer(question, who)
        document: dict[str, Any] = orjson.loads(answer.body)
        assert "errors" not in document, document
        data: dict[str, Any] = document["data"]
        return data


@pytest_asyncio.fixture
async def asked(account: Account, configured: Any) -> AsyncIterator[Asked]:
    for record in RECORDS:
        await account.take(sample(account.seeds, record, rows=40, quirks=LOUD))
    account.hold()
    async with _served(account, configured.url) as asked:
        yield asked


@asynccontextmanager
async def _served(account: Account, url: str) -> AsyncIterator[Asked]:
    base, seal, limits = account.hub.base, account.hub.seal, Limits()
    reader = reader_of(url, statement_seconds=limits.deadline_seconds)
    openings = Openings(base.engine, base.metadata, base.model, ledger=base.ledger, seal=seal, now=lambda: account.hub.now)
    async with base.engine.connect() as connection:
        viewers = await read_viewers(connection, base.metadata.tables["policies"], dt.date(2025, 7, 1))
    corridor = Corridor(hub_graph(), base.model, reader, hashed=seal.hashed, limits=limits, openings=openings)
    yield Asked(corridor, viewers, account.files)
    await reader.close()


def names_of(file: File) -> set[str]:
    """The names of natural persons in the bad rows of a file."""
    fields, found = file.layout.fields, set[str]()
    for row in file.rows:
        for role in ("A", "B", "AB"):
            if row.reason and role in fields:
                pieces = re.split(r"[、;,，；]", re.sub(r"[(（][^)）]*[)）]", "", row.raw[fields[role]]))
                found |= {piece.strip() for piece in pieces if 2 <= len(piece.strip()) <= 4}
    return found - {"无", "/", "—"}


def identities_of(file: File) -> set[str]:
    """The identifiers of the parties in the bad rows of a file, spelled plainly."""
    columns = [file.layout.fields[role] for role in PARTIES if role in file.layout.fields]
    cells = [unicodedata.normalize("NFKC", row.raw[column]).upper() for row in file.rows if row.reason for column in columns]
    return {number for cell in cells for number in IDENTITY.findall(cell.replace(" ", ""))}


async def test_the_batches_are_shown_with_their_counts_and_rows(asked: Asked) -> None:
    found = (await asked(BATCHES, "admin"))["batches"]

    assert found["totalCount"] == len(RECORDS) == len(asked.files)
    for batch in found["nodes"]:
        file = asked.files[batch["id"]]
        bad = [row for row in file.rows if row.reason]
        parts = sum(batch[name] for name in ("applied", "merged", "corrected", "unchanged", "superseded", "quarantined"))
        assert (batch["file"], batch["state"]) == (file.name, "RECEIVED")
        assert batch["received"] == parts == len(file.rows)
        assert batch["quarantined"] == len(bad)
        shown = {(row["place"], row["reason"]) for row in batch["rows"]["nodes"]}
        assert len(shown) == len({str(row.raw) for row in bad}) == batch["rows"]["totalCount"]


async def test_quarantine_is_masked_and_what_was_received_is_sealed(asked: Asked) -> None:
    found = (await asked(ROWS, "admin"))["quarantinedRows"]

    assert found["totalCount"] > 30
    assert all(identities_of(file) for file in asked.files.values())
    for row in found["nodes"]:
        file = next(file for file in asked.files.values() if file.record == row["record"])
        assert row["content"] is None
        assert not [number for number in identities_of(file) if number in unicodedata.normalize("NFKC", row["shown"])]
        assert not [name for name in names_of(file) if name in row["shown"]], row["shown"]


async def test_each_viewer_sees_what_is_in_its_scope_only(asked: Asked) -> None:
    seen = {}
    for viewer in ("admin", "supervisor", "district", "agency", "court", None):
        batches = (await asked(BATCHES, viewer))["batches"]
        rows = (await asked(ROWS, viewer))["quarantinedRows"]
        assert rows["totalCount"] == sum(batch["rows"]["totalCount"] for batch in batches["nodes"])
        seen[viewer] = {batch["record"] for batch in batches["nodes"]}

    towns = {record for record in RECORDS if LAYOUTS[record].by in {"town", "court"}}
    assert seen["admin"] == seen["supervisor"] == set(RECORDS)
    assert seen["district"] == towns
    assert seen["agency"] == {"market"}
    assert seen[None] == set()
    assert seen["court"] == set()
