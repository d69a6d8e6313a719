"""Batch files and their acknowledgements: whole or not there, and nothing that was tampered with is believed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from hub.errors import (
    AckForged,
    AckOfAnother,
    AckOutOfTurn,
    AckRepeated,
    AckStale,
    AckUnreadable,
    BatchForeign,
    HubError,
    OutboxUnusable,
)
from hub.schema.outlets import ParcelState
from hub.store.parcels import (
    MOST_OF_ACK,
    NOTHING,
    Ack,
    Batch,
    Statement,
    acknowledging,
    digest_of,
    judged,
    name_of,
    packed,
    put,
    read,
    unpacked,
)
from hub.store.signing import Secrets

ROOT = Path(__file__).parents[2]
OURS, OTHERS = Secrets.of(["whsec_" + "A" * 40], "ours"), Secrets.of(["whsec_" + "B" * 40], "others")
CONSUMER = "consumer_" + "1" * 32
FRAMES = ('{"data":{"events":{"type":"案件登记"}}}'.encode(), b'{"data":{"events":{"type":"x\\ny"}}}')
NOW = 1_764_000_000


def content(number: int = 1, previous: str = NOTHING, consumer: str = CONSUMER, secrets: Secrets = OURS) -> bytes:
    return packed(Statement(number, consumer, "first", "last", len(FRAMES), previous), FRAMES, secrets, timestamp=NOW)


def batch(number: int = 1) -> Batch:
    return unpacked(content(number), OURS)


def waiting(*numbers: int) -> dict[int, tuple[str, ParcelState]]:
    return {number: (batch(number).sha256, ParcelState.WAITING) for number in numbers}


def test_a_batch_names_its_consumer_its_events_and_the_file_before_it() -> None:
    first = content()
    second = unpacked(content(2, digest_of(first)), OURS)

    assert unpacked(first, OURS).frames == FRAMES
    assert second.statement == Statement(2, CONSUMER, "first", "last", 2, digest_of(first))
    assert json.loads(first.splitlines()[0])["previous"] == "0" * 64


def test_whoever_has_the_secret_can_check_it_line_by_line() -> None:
    """As a court would without our code: the last line signs all bytes before it."""
    *said, signature = content().splitlines(keepends=True)

    assert OURS.verify(json.loads(signature), b"".join(said))


@pytest.mark.parametrize("at", [0, 30, 150, 330])
def test_a_byte_that_was_changed_makes_it_foreign(at: int) -> None:
    good = content()
    changed = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]

    with pytest.raises(BatchForeign):
        unpacked(changed, OURS)


def test_a_batch_that_was_cut_off_anywhere_is_none() -> None:
    good = content()
    for end in range(len(good)):
        with pytest.raises(BatchForeign):
            unpacked(good[:end], OURS)


def test_a_batch_with_another_secret_or_a_line_more_is_none() -> None:
    lines = content().splitlines(keepends=True)
    for wrong in (
        content(secrets=OTHERS),
        b"".join([*lines[:1], *lines[2:]]),
        b"".join([*lines[:-1], lines[1], lines[-1]]),
        b"".join([lines[0], lines[2], lines[1], lines[3]]),
        content() + content(2),
        b"\n\n\n",
        b"1\n2\n3\n",
        b'{}\n{"webhook-id":1}\n',
    ):
        with pytest.raises(BatchForeign):
            unpacked(wrong, OURS)


def test_an_acknowledgement_is_that_of_its_batch() -> None:
    assert judged(acknowledging(batch(), OURS, timestamp=NOW), OURS, CONSUMER, waiting(1)) == 1


def signed(ack: Ack, id_: str, secrets: Secrets = OURS) -> bytes:
    said = orjson.dumps({"acknowledges": ack.acknowledges, "consumer": ack.consumer, "sha256": ack.sha256}) + b"\n"
    return said + orjson.dumps(secrets.sign(id_, NOW, said)) + b"\n"


GOOD = Ack(1, CONSUMER, batch().sha256)
ID = f"ack.{CONSUMER}.1"
STRANGER = "consumer_" + "2" * 32


@pytest.mark.parametrize(
    ("ack", "error"),
    [
        (b"", AckUnreadable),
        (b"\n\n", AckUnreadable),
        (b"ok", AckUnreadable),
        (b"\xff\xfe\n{}\n", AckUnreadable),
        (signed(GOOD, ID)[:-1], AckUnreadable),
        (signed(GOOD, ID).splitlines(keepends=True)[0], AckUnreadable),
        (signed(GOOD, ID) + b" " * MOST_OF_ACK, AckUnreadable),
        (signed(replace(GOOD, sha256="ABC"), ID), AckUnreadable),
        (signed(replace(GOOD, acknowledges=True), ID), AckUnreadable),
        (signed(GOOD, ID, OTHERS), AckForged),
        (signed(GOOD, ID).replace(b'"acknowledges":1', b'"acknowledges":2'), AckForged),
        (signed(GOOD, ID).replace(b"v1,", b"v2,"), AckForged),
        (signed(replace(GOOD, consumer=STRANGER), f"ack.{STRANGER}.1"), AckOfAnother),
        (signed(GOOD, f"batch.{CONSUMER}.1"), AckOfAnother),
        (signed(GOOD, f"ack.{CONSUMER}.2"), AckOfAnother),
        (signed(replace(GOOD, acknowledges=9), f"ack.{CONSUMER}.9"), AckOfAnother),
        (signed(replace(GOOD, sha256=NOTHING), ID), AckOfAnother),
    ],
)
def test_what_is_no_acknowledgement_of_it_has_its_code(ack: bytes, error: type[HubError]) -> None:
    with pytest.raises(HubError) as refused:
        judged(ack, OURS, CONSUMER, waiting(1, 2))

    assert type(refused.value) is error


def test_an_acknowledgement_counts_once_in_its_turn_and_not_after_a_rewinding() -> None:
    known = waiting(1, 2)
    second = acknowledging(batch(2), OURS, timestamp=NOW)
    with pytest.raises(AckOutOfTurn):
        judged(second, OURS, CONSUMER, known)

    known[1] = (known[1][0], ParcelState.ACKNOWLEDGED)
    assert judged(second, OURS, CONSUMER, known) == 2
    with pytest.raises(AckRepeated):
        judged(acknowledging(batch(1), OURS, timestamp=NOW), OURS, CONSUMER, known)

    known[2] = (known[2][0], ParcelState.VOID)
    with pytest.raises(AckStale):
        judged(second, OURS, CONSUMER, known)


def test_a_batch_cannot_be_handed_back_as_its_own_acknowledgement() -> None:
    with pytest.raises((AckUnreadable, AckOfAnother)):
        judged(content(), OURS, CONSUMER, waiting(1))


def test_a_number_is_given_once_whoever_comes_second(tmp_path: Path) -> None:
    """Two processes that both believe that the number is theirs: both go on with what lies there."""
    folder = tmp_path / "court" / "out"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: put(folder, 1, b"%d\n" % number), range(8)))

    assert len(set(found)) == 1
    assert (folder / name_of(1)).read_bytes() == found[0]
    assert [path.name for path in folder.iterdir()] == [name_of(1)]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / name_of(1)).stat().st_mode & 0o777 & ~0o640 == 0


def test_who_is_killed_while_writing_leaves_a_whole_file_or_none(tmp_path: Path) -> None:
    program = "import sys, pathlib\nfrom hub.store.parcels import put\nfor n in range(1, 10**6):\n put(pathlib.Path(sys.argv[1]), n, b'%08d' % n * 50_000)\n"
    for number in range(6):
        folder = tmp_path / str(number)
        process = subprocess.Popen([sys.executable, "-c", program, str(folder)], cwd=ROOT)
        until(lambda folder=folder: (folder / name_of(2)).exists())  # type: ignore[misc]
        time.sleep(0.003 * number)
        process.send_signal(signal.SIGKILL)
        process.wait()

        names = sorted(path.name for path in folder.glob("*.jsonl"))
        assert names == [name_of(each) for each in range(1, len(names) + 1)]
        for each, name in enumerate(names, 1):
            assert (folder / name).read_bytes() == b"%08d" % each * 50_000


def until(holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 30
        time.sleep(0.005)


def test_links_and_devices_are_not_read_and_long_files_not_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")

    assert [read(tmp_path / name) for name in ("link", "pipe", "none", ".")] == [None] * 4
    assert read(tmp_path / "file", 10) == b"x" * 11


def test_a_folder_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OutboxUnusable) as refused:
        put(tmp_path / "file" / "out", 1, b"x")
    assert str(tmp_path) not in str(refused.value)
