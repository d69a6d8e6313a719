"""Rows put into a table together: what is stored is what was given, and all of it or nothing."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.store.town import Town

from hub.errors import Refused
from hub.store.dialects import insert_rows

ODD = ("", "\\N", "\\", "\\\\.", "a\tb", "a\nb", "a\r\nb", "\\t", "纠纷\t\\n'\"", "😀", "NULL", "\x01\x7f", "  ", "\\.")
DAYS = (None, dt.date(1, 1, 1), dt.date(2025, 2, 28), dt.date(9999, 12, 31))
NUMBERS = (None, 0, -(2**53), 2**63 - 1)


@pytest.mark.parametrize("count", [1, 3, 40])
async def test_every_value_comes_back_as_it_was_given(base: Base, count: int) -> None:
    table = sa.Table(
        "odd",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, kind) for name, kind in zip(("text", "day", "order", "yes"), _KINDS, strict=True)),
    )
    rows = [_row(number) for number in range(count)]

    async with base.engine.begin() as connection:
        await connection.run_sync(table.create)
        await connection.run_sync(insert_rows, table, rows)

    async with base.engine.connect() as connection:
        found = (await connection.execute(sa.select(table).order_by(table.c.id))).mappings()
        assert [dict(row) for row in found] == rows


async def test_rows_are_gone_when_their_transaction_is_undone(base: Base, town: Town) -> None:
    codes = base.metadata.tables["codes"]
    before = await town.rows("codes")

    async with base.engine.connect() as connection:
        # Nothing else comes before it in its transaction.
        await connection.run_sync(insert_rows, codes, [_code(number) for number in range(40)])
        await connection.rollback()

    assert await town.rows("codes") == before


async def test_one_wrong_row_of_many_refuses_the_deed(town: Town) -> None:
    [written] = await town.write(town.case())
    number = (await town.row("cases", written.id))["number"]
    before = await town.everything()

    with pytest.raises(Refused, match="uq_cases_number"):
        await town.write(*(town.case() for _ in range(30)), town.case(number=number))

    assert await town.everything() == before


_KINDS = (sa.Text, sa.Date, sa.BigInteger, sa.Boolean)


def _row(number: int) -> dict[str, Any]:
    values = ODD[number % len(ODD)], DAYS[number % 4], NUMBERS[number // 4 % 4], (None, True, False)[number % 3]
    return {"id": number, **dict(zip(("text", "day", "order", "yes"), values, strict=True))}


def _code(number: int) -> dict[str, Any]:
    at = "2025-06-01T04:30:00.000000Z"
    names = {"list": "odd", "code": f"{number}", "zh": "甲", "en": "A", "used_by_rule": False}
    times = {"version": 1, "created_at": at, "updated_at": at}
    return {"id": f"code_odd_{number}", **names, "valid_from": None, "valid_to": None, **times}
