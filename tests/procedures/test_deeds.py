"""Deeds as procedures: never half done, never twice, and judged by what is true when they are written."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.procedures.agencies import AGREEMENTS, LI, ZHANG, Hub, bad, matter, person
from tests.store.test_ledger import _failing

from hub.access.viewers import PERMISSIONS, Scope, Viewer
from hub.connectors.records import Reason
from hub.errors import ColumnTwice, Forbidden, HubError, KeyReused, NoSuchColumn, NoSuchRow, Unavailable
from hub.parts import hub_acts
from hub.procedures.configuration import Base
from hub.procedures.doing import Doing, Request
from hub.procedures.repairs import Cell
from hub.store.base import open_base
from hub.store.ledger import Ledger

HOTLINE = "hotline-12345"
GOOD = (Cell("受理时间", "2026-05-01"),)
OFFICER = Viewer("intake", "intake", Scope(district=("370402",)), permissions=PERMISSIONS, subject="officer")


def doing_of(hub: Hub, base: Base | None = None) -> Doing:
    return Doing(base or hub.base, hub_acts(), seal=hub.seal, now=lambda: hub.now, agreements=AGREEMENTS)


def request_of(row: dict[str, Any], key: str = "key-00000001", version: int = 1) -> Request:
    return Request(row["id"], version, key, {"cells": GOOD}, f"{row['id']} {version} {GOOD}")


async def quarantined(hub: Hub, *keys: str) -> list[dict[str, Any]]:
    cells = {"受理时间": "2026-13-01", "诉求人": "张三", "诉求人证件号": ZHANG, "被诉求方": "李四", "属地代码": "370402001"}
    rows = [bad(key, Reason.IMPOSSIBLE_DATE, **cells, 更新时间="2026-06-02 10:00") for key in keys]
    await hub.takes(HOTLINE, *rows, place="370402")
    return await hub.rows("quarantined_rows")


async def everything(hub: Hub) -> dict[str, list[dict[str, Any]]]:
    return {name: await hub.rows(name) for name in hub.base.metadata.tables}


async def test_a_deed_whose_nth_statement_fails_is_not_half_done(hub: Hub) -> None:
    """Fail the n-th statement for n = 1, 2, ... until a run has no failure; then it is done, and done once."""
    (row,) = await quarantined(hub, "GD1")
    before, doing = await everything(hub), doing_of(hub)

    for number in range(1, 200):
        try:
            with _failing(hub.base, number):  # type: ignore[arg-type]
                await doing("fix_row", request_of(row), OFFICER)
        except Unavailable:
            assert await everything(hub) == before
        else:
            break

    assert number > 15
    assert (await hub.one("quarantined_rows"))["state"] == "FIXED"
    assert (await doing("fix_row", request_of(row), OFFICER)).repeated
    assert (len(await hub.rows("receipts")), len(await hub.rows("cases"))) == (1, 1)


async def test_repeats_at_two_processes_are_one_deed(hub: Hub) -> None:
    """Two ledgers with connections of their own know nothing of each other but what the base says."""
    (row,) = await quarantined(hub, "GD1")
    url = hub.base.engine.url.render_as_string(hide_password=False)
    engine = await open_base(url)
    model, metadata = hub.base.model, hub.base.metadata
    other = Base(engine, metadata, model, Ledger(engine, metadata, model, hub.seal))

    desks = [doing_of(hub), doing_of(hub, other)] * 4
    done = await asyncio.gather(*(doing("fix_row", request_of(row), OFFICER) for doing in desks))

    await engine.dispose()
    assert sorted(each.repeated for each in done) == [False, *[True] * 7]
    assert {tuple(each.given.items()) for each in done} == {tuple(done[0].given.items())}
    assert (len(await hub.rows("receipts")), len(await hub.rows("cases"))) == (1, 1)


async def test_deeds_that_meet_at_the_same_desk_are_all_done(hub: Hub) -> None:
    """Each changes the row that every deed of intake changes: who comes second is judged anew, not refused."""
    rows = await quarantined(hub, *(f"GD{number}" for number in range(6)))
    doing = doing_of(hub)

    deeds = (doing("fix_row", request_of(row, f"key-{number:08d}"), OFFICER) for number, row in enumerate(rows))
    await asyncio.gather(*deeds)

    assert {row["state"] for row in await hub.rows("quarantined_rows")} == {"FIXED"}
    assert len(await hub.rows("receipts")) == 6


@pytest.mark.parametrize(
    ("cells", "kind", "argument"),
    [
        ((*GOOD, Cell("没有的列", "x")), NoSuchColumn, "cells.1.heading"),
        ((*GOOD, *GOOD), ColumnTwice, "cells.1.heading"),
        ((*GOOD, Cell("受理 时间", "2026-05-02")), ColumnTwice, "cells.1.heading"),
    ],
)
async def test_a_cell_that_stands_nowhere_or_twice_changes_nothing(
    hub: Hub, cells: tuple[Cell, ...], kind: type[HubError], argument: str
) -> None:
    (row,) = await quarantined(hub, "GD1")
    before = await everything(hub)

    with pytest.raises(kind) as refused:
        await doing_of(hub)("fix_row", replace(request_of(row), inputs={"cells": cells}), OFFICER)

    assert refused.value.argument == argument
    assert await everything(hub) == before


async def test_a_key_is_its_owners_own(hub: Hub) -> None:
    rows = await quarantined(hub, "GD1", "GD2", "GD3")
    doing = doing_of(hub)

    for row, viewer in zip(rows, (OFFICER, replace(OFFICER, subject="other"), replace(OFFICER, name="admin")), strict=True):
        assert not (await doing("fix_row", request_of(row), viewer)).repeated
    with pytest.raises(KeyReused):
        await doing("fix_row", request_of(rows[1]), OFFICER)


async def test_a_refused_deed_leaves_no_receipt_and_its_key_can_be_used_again(hub: Hub) -> None:
    (row,) = await quarantined(hub, "GD1")
    doing, stranger = doing_of(hub), replace(OFFICER, scope=Scope(district=("370481",)))
    before = await everything(hub)

    with pytest.raises(NoSuchRow):
        await doing("fix_row", request_of(row), stranger)
    with pytest.raises(Forbidden):
        await doing("fix_row", request_of(row), replace(OFFICER, permissions=frozenset()))

    assert await everything(hub) == before
    assert not (await doing("fix_row", request_of(row), OFFICER)).repeated


async def test_a_receipt_holds_ids_and_keyed_hashes_only(hub: Hub) -> None:
    (row,) = await quarantined(hub, "GD1")

    done = await doing_of(hub)("fix_row", request_of(row, "my-own-key"), OFFICER)

    receipt = await hub.one("receipts")
    assert receipt["outcome"] == f'[["QuarantinedRow","{row["id"]}",2],["Case","{done.given["Case"]}",1]]'
    text = str(receipt)
    assert not [secret for secret in ("my-own-key", "officer", "2026-05-01", "受理时间", ZHANG) if secret in text]
    assert all(len(receipt[name]) == 64 for name in ("principal", "key", "payload"))


async def test_the_log_says_who_did_it_and_for_whom(hub: Hub) -> None:
    (row,) = await quarantined(hub, "GD1")
    mine = replace(OFFICER, scope=Scope(organisations=(row["organisation_id"],)), role="agency")

    await doing_of(hub)("fix_row", request_of(row), mine)

    events = [event for event in await hub.rows("events") if event["actor"] == "agency"]
    assert {event["organisation_id"] for event in events} == {row["organisation_id"]}
    assert {"CASE_REGISTERED", "ROW_QUARANTINED"} <= {event["type"] for event in events}


async def test_what_a_deed_gives_back_after_a_merge_is_the_case_that_stays(hub: Hub) -> None:
    """R69 · The older number stays."""
    one, other = person("张三", None, "13812341234"), person("李四")
    await hub.takes(HOTLINE, matter("GD1", one, other, text="因浇地发生口角"))
    await hub.takes("petition", matter("XF1", one, other, text="因浇地发生口角，双方互殴"))
    candidate = await hub.one("candidates")

    done = await hub.does("decide_candidate", candidate, confirmed=True)

    assert done.given["Case"] == candidate["case_id"] == (await hub.case_of("XF1"))["id"]
    assert LI not in str(await hub.rows("receipts"))
