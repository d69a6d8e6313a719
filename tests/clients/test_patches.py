"""The hub's patches are applied by the client library that live queries have, and by our own: none goes wrong."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.clients.node import FOLDER, node
from tests.live.documents import pairs

from hub.live.patches import Unpatchable, patch


def lines(count: int, seed: int) -> Iterator[bytes]:
    for before, after in pairs(count, seed):
        try:
            yield orjson.dumps({"before": before, "after": after, "patch": patch(before, after)})
        except Unpatchable:
            continue


async def applied(file: Path) -> Any:
    program = await asyncio.create_subprocess_exec(node(), FOLDER / "patches.mjs", file, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(300):
        told, _ = await program.communicate()
    return json.loads(told)


@pytest.mark.parametrize("count", [400, pytest.param(50_000, marks=pytest.mark.long)])
async def test_both_make_the_later_answer_of_every_pair(tmp_path: Path, count: int) -> None:
    file = tmp_path / "pairs"
    made = list(lines(count, count))
    file.write_bytes(b"\n".join(made))

    told = await applied(file)

    assert told["wrong"] == [], [made[number] for number in told["wrong"]]
    assert told["pairs"] == len(made) > count * 0.9
