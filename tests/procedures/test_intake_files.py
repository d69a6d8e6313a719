"""Files: taken in whole or refused and recorded, by hand (`hub import`) and from the watched folder."""

import asyncio
import json
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
import structlog
from tests.procedures.agencies import AGREEMENTS, LI, NOW, ZHANG, Hub
from tests.test_main import Shell

from hub.errors import MissingHeading, Unavailable
from hub.procedures import deliveries
from hub.procedures.deliveries import Counter, Watch
from hub.store.folders import private

HEADINGS = "工单编号,受理时间,诉求人,诉求人证件号,联系电话,属地代码,诉求内容,分类,被诉求方,被诉求方证件号,更新时间"


def hotline(folder: Path, *, day: str = "20260629", rows: int = 1, headings: str = HEADINGS, ok: bool = True) -> Path:
    """A file of the hotline in the folder, with its flag."""
    lines = [
        f"GD{day}{n},2026-06-0{n % 9 + 1} 09:00,张三,{ZHANG},13812341234,370402001,吵架,邻里关系,李四,{LI},2026-06-20 10:00"
        for n in range(rows)
    ]
    path = folder / f"hotline-12345_{day}.csv"
    path.write_text("\n".join([headings, *lines, ""]), "utf-8-sig")
    if ok:
        path.with_name(f"{path.name}.ok").write_text(str(rows))
    return path


@pytest.fixture
def counter(hub: Hub) -> Counter:
    return Counter(hub.base, hub.seal, AGREEMENTS, lambda: NOW)


async def test_a_file_is_taken_in_and_its_batch_says_what_it_was(hub: Hub, counter: Counter, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    outcome = await counter.take("hotline-12345", hotline(tmp_path, rows=3), told=lambda *counts: heard.append(counts))

    assert (outcome.received, outcome.applied, outcome.merged) == (3, 1, 2)
    assert heard == [(3, 3)]
    (batch,) = await hub.rows("batches")
    assert (batch["file"], batch["announced"], batch["state"]) == ("hotline-12345_20260629.csv", 3, "RECEIVED")
    assert batch["sha256"] != ""


async def test_a_refused_file_applies_nothing_and_is_recorded_with_its_code(hub: Hub, counter: Counter, tmp_path: Path) -> None:
    with pytest.raises(MissingHeading):
        await counter.take("hotline-12345", hotline(tmp_path, headings=HEADINGS.replace("诉求人,", "申诉人,")))

    (batch,) = await hub.rows("batches")
    assert (batch["state"], batch["refusal"], batch["received"]) == ("REFUSED", "HUB-318", 0)
    assert await hub.rows("source_records") == []


async def test_the_watched_folder_takes_files_with_their_flag_and_puts_them_away(
    hub: Hub, counter: Counter, tmp_path: Path
) -> None:
    """EXCHANGE · A file is taken when its flag stands beside it."""
    hotline(tmp_path, day="20260629", ok=False)
    hotline(tmp_path, day="20260628", headings="x")
    hotline(tmp_path, day="20260627")
    (tmp_path / "unknown_20260627.csv").write_text("x")
    watch = Watch(counter, tmp_path, 0.01)

    assert await watch.look() == 2
    assert await watch.look() == 0

    assert (tmp_path / "taken" / "hotline-12345_20260627.csv").is_file()
    assert (tmp_path / "refused" / "hotline-12345_20260628.csv").is_file()
    assert sorted(row["state"] for row in await hub.rows("batches")) == ["RECEIVED", "REFUSED"]
    assert (tmp_path / "hotline-12345_20260629.csv").is_file()


def strays(folder: Path) -> list[str]:
    """What is nobody's file, each with its flag; the names of those that are no flags."""
    secret = hotline(folder.parent, day="20260626", ok=False)
    (folder / "nothing_20251130.csv").write_text("x")
    (folder / "hotline-12345_20260625.csv").mkdir()
    (folder / "hotline-12345_20260624.csv").symlink_to(secret)
    os.mkfifo(folder / "hotline-12345_20260623.csv")
    names = sorted(path.name for path in folder.iterdir())
    for name in (*names, "hotline-12345_20260622.csv"):
        (folder / f"{name}.ok").touch()
    (folder / "alone.ok").symlink_to(secret)
    return names


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


async def test_what_has_a_flag_and_is_nobodys_is_refused_and_told_once(hub: Hub, counter: Counter, tmp_path: Path) -> None:
    names = strays(folder := private(tmp_path / "watched"))
    watch = Watch(counter, folder, 0.01)

    with structlog.testing.capture_logs() as told:
        assert [await watch.look() for _ in range(4)] == [0, 0, 0, 0]

    assert sorted((each["file"], each["error"]) for each in told) == [
        ("alone.ok", "HUB-323"),
        ("hotline-12345_20260622.csv.ok", "HUB-322"),
        ("hotline-12345_20260623.csv", "HUB-323"),
        ("hotline-12345_20260624.csv", "HUB-323"),
        ("hotline-12345_20260625.csv", "HUB-323"),
        ("nothing_20251130.csv", "HUB-312"),
    ]
    assert listed(folder) == ["refused"]
    flags = [f"{name}.ok" for name in (*names, "hotline-12345_20260622.csv")]
    assert listed(folder / "refused") == sorted([*names, *flags, "alone.ok"])
    assert mode(folder) == mode(folder / "refused") == 0o700
    assert await hub.rows("cases") == []


async def test_a_flag_may_come_before_its_file(counter: Counter, tmp_path: Path) -> None:
    late = hotline(tmp_path).rename(tmp_path / "hotline.part")
    watch = Watch(counter, tmp_path, 0.01)

    assert await watch.look() == 0
    late.rename(tmp_path / "hotline-12345_20260629.csv")
    assert await watch.look() == 1


async def test_a_file_that_the_base_cannot_take_stays_and_is_looked_at_again(
    hub: Hub, counter: Counter, tmp_path: Path, monkeypatch: Any
) -> None:
    path = hotline(tmp_path)
    watch = Watch(counter, tmp_path, 0.01)

    async def unavailable(*_: Any, **__: Any) -> Any:
        raise Unavailable(reason="gone")

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "apply", unavailable)
        await watch.look()
    assert path.is_file()

    task = asyncio.create_task(watch.run())
    async with asyncio.timeout(20):
        while path.is_file():
            await asyncio.sleep(0.02)
    task.cancel()
    assert len(await hub.rows("cases")) == 1


def test_import_tells_one_line_a_file_and_goes_on_after_a_refusal(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell("keys", "init").returncode == shell("migrate").returncode == shell("config", "apply").returncode == 0
    good = hotline(tmp_path, rows=2)
    bad = hotline(tmp_path, day="20260628", headings="x")

    done = shell("import", "hotline-12345", str(bad), str(good), "--json")

    assert done.returncode == 1
    refused, taken = (json.loads(line) for line in done.stdout.splitlines())
    assert refused["refused"] == "HUB-318"
    assert {name: taken[name] for name in ("file", "received", "applied", "merged", "quarantined")} == {
        "file": good.name,
        "received": 2,
        "applied": 1,
        "merged": 1,
        "quarantined": {},
    }
    table = shell("import", "hotline-12345", str(good))
    assert table.returncode == 0
    assert "unchanged" in table.stdout
    assert good.name in table.stdout


def test_import_of_an_unknown_record_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell("keys", "init")
    done = shell("import", "hotline-1234", "x.csv")
    assert done.returncode == 1
    assert "HUB-311" in done.stderr
    assert "did you mean hotline-12345?" in done.stderr


def test_import_says_what_is_no_file_and_what_is_empty(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell("keys", "init").returncode == shell("migrate").returncode == shell("config", "apply").returncode == 0
    empty, link, folder = (tmp_path / f"hotline-12345_2026062{day}.csv" for day in (1, 2, 3))
    empty.touch()
    link.symlink_to(hotline(tmp_path))
    folder.mkdir()

    done = shell("import", "hotline-12345", "nosuch.csv", str(empty), str(link), str(folder), "--json")

    assert done.returncode == 1
    assert [json.loads(line)["refused"] for line in done.stdout.splitlines()] == ["HUB-322", "HUB-324", "HUB-323", "HUB-323"]
    with sqlite3.connect(next(tmp_path.rglob("*.db"))) as base:
        files = base.execute("SELECT file FROM batches WHERE refusal IS NOT NULL ORDER BY file").fetchall()
    assert files == [(path.name,) for path in (empty, link, folder)]
