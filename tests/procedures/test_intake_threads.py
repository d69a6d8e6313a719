"""Parsers are bound to threads: whatever else the process does, one thread reads all of a delivery."""

import asyncio
import threading
import time
from collections.abc import Iterator

from hub.connectors.records import Bad, Reason
from hub.procedures.intake import ROWS, lots


def test_one_thread_reads_all_of_a_delivery() -> None:
    readers: set[int] = set()

    def rows() -> Iterator[Bad]:
        for place in range(1, 5 * ROWS + 2):
            readers.add(threading.get_ident())
            yield Bad(place, None, Reason.MISSING_VALUE, {})

    async def read() -> list[int]:
        sizes = []
        async for items in lots(rows()):
            # Others come in between: threads of the loop's own pool would take turns.
            await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.01) for _ in range(4)))
            sizes.append(len(items))
        return sizes

    assert asyncio.run(read()) == [*[ROWS] * 5, 1]
    assert len(readers) == 1
    assert threading.get_ident() not in readers
