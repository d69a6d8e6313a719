"""Acknowledgement files that are none: links, pipes, folders, endless ones; each is refused once and keeps nobody busy."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from tests.web.receivers import SECRET

from hub.live.acks import Acks
from hub.procedures.parcels import Stock
from hub.schema.outlets import ParcelState
from hub.store.log import BEGINNING
from hub.store.parcels import MOST_OF_ACK, NOTHING, Statement, acknowledging, packed, unpacked
from hub.store.signing import Secrets

SECRETS = Secrets.of([SECRET], "test")
NOW = dt.datetime(2026, 6, 30, tzinfo=dt.UTC)
CONTENT = packed(Statement(1, "consumer_1", "", "", 1, NOTHING), [b"{}"], SECRETS, timestamp=1_764_000_000)
BATCH = unpacked(CONTENT, SECRETS)
GOOD = acknowledging(BATCH, SECRETS, timestamp=1_764_000_000)


def stock(refused: str | None = None) -> Stock:
    row: dict[str, Any] = {"id": "parcel_1", "version": 1, "sha256": BATCH.sha256, "state": ParcelState.WAITING.name}
    row |= {"last": "1.0.7", "last_event": "evt_7", "refused": refused}
    return Stock(1, BATCH.sha256, BEGINNING, {1: row})


def link(file: Path) -> None:
    (file.parent / "elsewhere").write_bytes(GOOD)
    file.symlink_to(file.parent / "elsewhere")


@pytest.mark.parametrize(
    "lay",
    [
        link,
        lambda file: file.symlink_to("/dev/zero"),
        os.mkfifo,
        Path.mkdir,
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(GOOD[:-1] + b" " * MOST_OF_ACK + b"\n"),
        lambda file: file.write_bytes(GOOD.replace(b'"acknowledges":1', b'"acknowledges":true')),
    ],
    ids=["link", "endless", "pipe", "folder", "empty", "huge", "no number"],
)
def test_what_is_no_file_of_a_receiver_is_refused_once_and_a_good_one_in_its_place_is_taken(lay: Any, tmp_path: Path) -> None:
    acks, file = Acks(tmp_path, SECRETS), tmp_path / "acks" / "00000001.ack"
    file.parent.mkdir()
    acks.waiting = stock().waiting
    assert not acks.changed()

    lay(file)
    assert acks.changed()
    judged = acks.judge(stock(), "consumer_1", NOW)
    assert ([change.values for change in judged.changes], judged.reached) == ([{"refused": "HUB-651"}], None)
    acks.keep(judged)
    assert not acks.changed()
    assert acks.judge(stock("HUB-651"), "consumer_1", NOW).changes == ()

    file.rmdir() if file.is_dir() else file.unlink()
    file.write_bytes(GOOD)
    assert acks.changed()
    judged = acks.judge(stock("HUB-651"), "consumer_1", NOW)
    assert judged.reached is not None
    assert (judged.reached.event, [change.values["state"] for change in judged.changes]) == (
        "evt_7",
        [ParcelState.ACKNOWLEDGED],
    )


def test_what_is_not_on_record_yet_is_looked_at_again(tmp_path: Path) -> None:
    acks, file = Acks(tmp_path, SECRETS), tmp_path / "acks" / "00000001.ack"
    file.parent.mkdir()
    file.write_bytes(GOOD)
    acks.waiting = (1,)

    assert acks.judge(stock(), "consumer_1", NOW).reached is not None
    assert acks.changed()
    assert acks.judge(stock(), "consumer_2", NOW).reached is None
