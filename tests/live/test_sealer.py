"""The sealer: what was written is sealed soon, whoever wrote it, and an idle base is left alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlalchemy import event
from tests.conftest import Base
from tests.live.test_follower import until
from tests.store.test_chain import opening
from tests.store.town import NOW, Town

from hub.errors import Unavailable
from hub.live.sealer import Sealer
from hub.schema.model import Model
from hub.store.chain import Chain
from hub.store.ledger import Ledger
from hub.store.seal import Keys


@pytest_asyncio.fixture
async def chain(base: Base, model: Model, keys: Keys) -> Chain:
    return Chain(base.engine, base.metadata, model, key=keys.hashing)


@pytest_asyncio.fixture
async def sealer(chain: Chain, town: Town, ledger: Ledger) -> AsyncIterator[Sealer]:
    """One that works, and is told of the ledger's deeds; a row was there before it began."""
    await town.write(opening(0))
    sealer = Sealer(chain, lambda: NOW)
    ledger.rings(sealer.written)
    running = asyncio.create_task(sealer.run())
    yield sealer
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def sealed(chain: Chain, number: int) -> None:
    for _ in range(150):
        if (await chain.verify()).number == number:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it was never sealed")


async def test_rows_are_sealed_soon_also_those_of_an_earlier_process(sealer: Sealer, chain: Chain, town: Town) -> None:
    await sealed(chain, 1)
    await town.write(opening(1))
    assert sealer.lag_seconds > 0

    await sealed(chain, 2)

    await until(lambda: sealer.lag_seconds == 0)


async def test_while_nothing_is_written_the_base_is_asked_nothing(sealer: Sealer, chain: Chain, town: Town) -> None:
    await sealed(chain, 1)
    await town.write(town.case())
    await asyncio.sleep(0.2)
    asked: list[str] = []
    event.listen(town.base.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    await asyncio.sleep(0.8)

    assert asked == []
    assert sealer.lag_seconds == 0


@pytest.mark.parametrize("error", [Unavailable, AttributeError])
async def test_a_base_that_is_away_is_waited_for(sealer: Sealer, chain: Chain, town: Town, error: type[Exception]) -> None:
    await sealed(chain, 1)
    seal, failures = chain.seal, iter(range(2))

    async def failing(**options: str) -> int | None:
        if next(failures, None) is not None:
            raise error
        return await seal(**options)  # type: ignore[arg-type]

    chain.seal = failing  # type: ignore[method-assign, assignment]
    await town.write(opening(1))

    await sealed(chain, 2)
    assert sealer
