"""Tickets of event streams: one opening each, a bound per principal, and nothing of them in the clear."""

import asyncio
import datetime as dt

import pytest
from tests.procedures.agencies import Hub

from hub.errors import BadTicket, TooManyRequests
from hub.procedures import tickets as kept
from hub.procedures.tickets import Tickets

SECRET = '{"query": "subscription {x}", "variables": {"phone": "13812345678"}}'
MINUTE = dt.timedelta(minutes=1)


class Desk:
    """Tickets of two processes over one base, at a time that a test sets."""

    def __init__(self, hub: Hub) -> None:
        self.now = hub.now
        self.one, self.other = (Tickets(hub.base, hub.seal, lambda: self.now) for _ in range(2))

    async def put(self, principal: str = "court a") -> str:
        return await self.one.put(SECRET, principal, self.now + MINUTE)


async def test_one_opens_once_whichever_process_is_asked(hub: Hub) -> None:
    desk = Desk(hub)
    ticket = await desk.put()

    tried = await asyncio.gather(*(each.take(ticket) for each in (desk.one, desk.other) * 3), return_exceptions=True)

    assert [found for found in tried if isinstance(found, str)] == [SECRET]
    assert {type(error) for error in tried if not isinstance(error, str)} == {BadTicket}


async def test_nothing_of_it_is_in_the_base(hub: Hub) -> None:
    ticket = await Desk(hub).put()

    [row] = await hub.rows("tickets")

    told = str(dict(row))
    assert ticket not in told
    assert "13812345678" not in told
    assert "court a" not in told


@pytest.mark.parametrize("after", [MINUTE, 2 * MINUTE])
async def test_one_whose_time_is_over_opens_nothing(hub: Hub, after: dt.timedelta) -> None:
    desk = Desk(hub)
    ticket = await desk.put()
    desk.now += after

    with pytest.raises(BadTicket):
        await desk.other.take(ticket)


async def test_a_principal_has_so_many_that_wait_and_opened_ones_are_none(hub: Hub) -> None:
    desk = Desk(hub)
    given = [await desk.put() for _ in range(kept.PER_PRINCIPAL)]
    with pytest.raises(TooManyRequests):
        await desk.put()
    await desk.put("agency b")

    await desk.other.take(given[0])

    await desk.put()
    desk.now += MINUTE
    assert isinstance(await desk.put(), str)


async def test_those_whose_time_is_over_are_removed(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "FORGET_EVERY", 2)
    desk = Desk(hub)
    for _ in range(4):
        await desk.put()
        desk.now += 2 * MINUTE

    assert len(await hub.rows("tickets")) == 2
