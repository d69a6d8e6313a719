"""Never half a deed: of every verb the n-th statement fails until a run has no failure; with --long for every n."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from tests.procedures.agencies import Hub
from tests.scenarios.desk import BODY, COURT, OTHER_BODY, Desks, desks, dispute, notice, org
from tests.store.test_ledger import _failing

from hub.parts import hub_acts
from hub.schema.cases import Case, CaseState
from hub.store.ledger import Update

ELSEWHERE = {
    "create_consumer",
    "ack_events",
    "rewind_consumer",
    "delete_consumer",
    "fix_row",
    "decide_candidate",
    "undo_merge",
    "run_job",
}
"""Verbs of quarantine, links, jobs and consumers: they stand under the same ledger, and have tests of their own."""

STANDING = ("regions", "organisations", "courts", "codes", "policies", "mediators", "viewers", "jobs")
"""Tables that none of these verbs writes."""


@dataclass
class Brittle(Desks):
    """Desks over a base that fails at each statement in turn: what a deed writes is there only when it is done."""

    counted: dict[str, int] = field(default_factory=dict)
    every: bool = False

    async def settled(self, viewer: str, verb: str, given: dict[str, Any]) -> dict[str, Any]:
        if verb in self.counted:
            return await super().settled(viewer, verb, given)
        before = await self.written()
        for number in range(1, 200) if self.every else _ever_further():
            with _failing(self.hub.base, number):  # type: ignore[arg-type]
                document = await super().settled(viewer, verb, given)
            if "errors" not in document:
                self.counted[verb] = number
                return document
            assert document["errors"][0]["extensions"]["hub"] == "HUB-503", document["errors"]
            assert await self.written() == before, (verb, number)
        raise AssertionError(verb)

    async def written(self) -> dict[str, Any]:
        """Every table that a deed writes: how many rows, and how often they were changed."""
        tables = [table for name, table in self.hub.base.metadata.tables.items() if name not in STANDING]
        rows = [sa.select(sa.literal(t.name), sa.func.count(), sa.func.sum(t.c.version)).select_from(t) for t in tables]
        async with self.hub.base.engine.connect() as connection:
            return {row[0]: (row[1], row[2]) for row in await connection.execute(sa.union_all(*rows))}


@pytest_asyncio.fixture
async def brittle(hub: Hub, base: Any) -> AsyncIterator[Brittle]:
    async with desks(hub, base.url, Brittle) as opened:
        assert isinstance(opened, Brittle)
        yield opened


async def test_no_verb_is_ever_half_done(brittle: Brittle) -> None:
    """一次办理，一笔写入 · Rows, events, limits and the receipt of a deed are written together, or none of them is."""
    await _tell_everything(brittle)


@pytest.mark.long
async def test_no_verb_is_half_done_whichever_statement_fails(brittle: Brittle) -> None:
    """一次办理，一笔写入 · The same, for each statement of each verb."""
    brittle.every = True
    await _tell_everything(brittle)


async def _tell_everything(desk: Brittle) -> None:
    desk.on("2025-06-03")
    for told in (_from_the_window, _from_the_court, _to_a_failure, _taken_back, _alone):
        await told(desk)

    assert set(hub_acts()) - ELSEWHERE == {_snake(verb) for verb in desk.counted}
    assert min(desk.counted.values()) > 4


async def _from_the_window(desk: Desks) -> None:
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "recordFirstDuty", case, duty="ANSWER")
    await desk.does("intake", "requestSupplement", case, items=["借条"])
    await desk.does("intake", "supplySupplement", case)
    await desk.does("intake", "recordSuitability", case, suitable=True)
    await desk.does("intake", "acceptCase", case, severity="3")
    choices = [{"party": (await desk.sides(case))[0], "answer": "CHOSEN", "chosen": "RM"}]
    await desk.does("intake", "chooseModes", case, options=["RM"], explanation="说明", choices=choices)
    sent = {"type": "ASSIGN", "receiver": org(BODY)}
    draft = (await desk.does("divert", "draftReferral", case, referral=sent))["referral"]["id"]
    await desk.does("divert", "issueDraft", draft)
    await desk.does("committee", "deliverReferral", draft)
    await desk.does("committee", "rejectReferral", draft, reason="12-1")
    await desk.does("divert", "redesignateReferral", draft, receiver=org(BODY))
    other = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "refuseCase", other, reason="SCOPE", notice=notice())
    third = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "withdrawCase", third, settled=False)
    await desk.does("centre", "closeCase", third)
    await desk.does("intake", "reopenCase", third)
    await desk.does("intake", "refuseMediation", third)
    given = await desk.does("intake", "giveFailureNotice", third, notice=notice())
    await desk.does("intake", "receiptFailureNotice", given["failureNotice"]["id"], receipt="1")
    await desk.does("intake", "transferToPolice", third)


async def _from_the_court(desk: Desks) -> None:
    await desk.invited(BODY, OTHER_BODY)
    case, referral = await desk.mediating()
    one, other = await desk.sides(case)
    for party in (one, other):
        await desk.does("committee", "recordConsent", referral, party=party, matter="EXTENSION", answer="AGREED")
    await desk.does("committee", "extendMediation", referral, days=5)
    for verb in ("startAppraisal", "endAppraisal", "suspendMediation", "resumeMediation"):
        await desk.does("committee", verb, referral)
    await desk.does("committee", "changeMediator", referral, party=one)
    await desk.does("district", "conveneJoint", case, members=[org(OTHER_BODY)])
    await desk.does("committee", "recordUndisputedFacts", referral, content="无争议", confirmedOn="2025-06-03")
    await desk.does("committee", "listMaterials", referral, materials=[{"kind": "MINUTES"}])
    await desk.does("committee", "recordAgreement", referral, kind="WRITTEN", date="2025-06-03")
    await desk.does("committee", "recordPerformance", case)
    await desk.does("committee", "sendMaterials", referral)
    await desk.does("court", "acknowledgeMaterials", referral)
    await desk.does("court", "closeSource", referral, result="SETTLED")


async def _to_a_failure(desk: Desks) -> None:
    _, referral = await desk.mediating()
    await desk.does("committee", "endMediation", referral, reason="5")
    _, referral = await desk.accepted()
    await desk.does("committee", "askConsent", referral)
    await desk.does("committee", "returnReferral", referral, reason="15-2")
    _, referral = await desk.delegated()
    await desk.does("court", "refuseReferredMediation", referral)
    sent = {"type": "HANDOVER_TO_COURT", "court": COURT, "receiver": org("court-0402")}
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("centre", "issueReferral", case, referral=sent)


async def _taken_back(desk: Desks) -> None:
    _, referral = await desk.accepted()
    await desk.does("court", "recallReferral", referral)
    await desk.does("committee", "agreeRecall", referral)


async def _alone(desk: Desks) -> None:
    """Cases that their organisation handles; of one no referral tells, as agencies had it before."""
    case, _ = await desk.accepted()
    await desk.does("committee", "suspendCase", case, ground="ILLNESS")
    await desk.does("committee", "resumeCase", case)
    await desk.does("committee", "recordDecision", case, award=False)
    for verb, said in (("failCase", {"reason": "5"}), ("recordCaseAgreement", {"kind": "ORAL", "date": "2025-06-03"})):
        case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
        handled = Update(Case, case, 1, {"state": CaseState.HANDLING})
        await desk.hub.base.ledger.write([handled], actor="system", now=desk.now)
        await desk.does("centre", verb, case, **said)
    invitation = (await desk.hub.rows("invitations"))[0]["id"]
    await desk.does("court", "endInvitation", invitation, lastDay="2025-06-30")


def _ever_further() -> Iterator[int]:
    """1, 3, 6, 10, ...: of each part of a deed some statement fails."""
    number = 0
    for step in range(1, 30):
        number += step
        yield number


def _snake(verb: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in verb)
