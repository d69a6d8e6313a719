"""`hub serve` whose statements are counted, whoever runs them: `python -m benchmarks.counted FILE`.

The file holds the number, eight bytes, as it is at the moment.
"""

import mmap
import struct
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.__main__ import main as hub
from hub.store.dialects.read_postgresql import PostgresReader
from hub.store.dialects.read_sqlite import SQLiteReader

NUMBER = struct.Struct("<q")


def count(file: Path) -> None:
    """Count from here on."""
    file.write_bytes(NUMBER.pack(0))
    with file.open("r+b") as opened:
        kept = mmap.mmap(opened.fileno(), NUMBER.size)

    def add(*_: Any) -> None:
        kept[:] = NUMBER.pack(NUMBER.unpack(kept[:])[0] + 1)

    sa.event.listen(sa.Engine, "before_cursor_execute", add)
    for kind in (PostgresReader, SQLiteReader):
        for name in ("fetch", "rows"):
            _count(kind, name, add)


def counted(file: Path) -> int:
    """The number now."""
    number: int = NUMBER.unpack(file.read_bytes())[0]
    return number


def _count(kind: Any, name: str, add: Any) -> None:
    run = getattr(kind, name)

    async def counting(self: Any, *given: Any, **how: Any) -> Any:
        add()
        return await run(self, *given, **how)

    setattr(kind, name, counting)


if __name__ == "__main__":
    count(Path(sys.argv.pop(1)))
    sys.argv.append("serve")
    hub()
