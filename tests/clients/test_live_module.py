"""The hub's own module for live queries, in Node: against a server that does what it is told."""

import asyncio
import json

import pytest
from tests.clients.node import FOLDER, node


@pytest.mark.parametrize(("carrier", "count"), [("ws", 12), ("sse", 11)])
async def test_the_module_follows_whatever_comes(carrier: str, count: int) -> None:
    program = await asyncio.create_subprocess_exec(
        node(), FOLDER / "live_module.mjs", carrier, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        told, wrong = await program.communicate()

    assert program.returncode == 0, wrong.decode()
    assert len(json.loads(told)["passed"]) == count
