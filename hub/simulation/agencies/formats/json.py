"""JSON: a list of objects, or an envelope of code, message and data around it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.simulation.agencies.cells import Number


def listed(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A list of objects."""
    return _encoded(_objects(columns, rows))


def enveloped(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """What a platform's interface answers when all is well."""
    data = _objects(columns, rows)
    return _encoded({"code": 0, "msg": "success", "data": data, "total": len(data)})


def _objects(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [{column: _value(row.get(column, "")) for column in columns} for row in rows]


def _value(cell: str) -> str | int | float | None:
    if not isinstance(cell, Number):
        return cell or None
    return int(cell) if cell.isdecimal() else float(cell)


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
