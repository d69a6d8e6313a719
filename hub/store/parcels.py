"""Batch files for closed networks: numbered, signed, each naming the one before; and the files that acknowledge them.

A file is lines of JSON: a statement, then the frames, then the signature of all the bytes before it. It appears under
its name whole or not at all, and a name is given once: who comes second is handed what the first has written.
"""

import hashlib
import os
import re
import secrets as chance
import stat
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from hub.errors import (
    AckForged,
    AckOfAnother,
    AckOutOfTurn,
    AckRepeated,
    AckStale,
    AckUnreadable,
    BatchForeign,
    OutboxUnusable,
)
from hub.schema.outlets import ParcelState
from hub.store.folders import private
from hub.store.signing import ID, Secrets

NOTHING = "0" * 64
"""What the first batch names as the one before it."""

MOST_OF_ACK = 4096
"""Bytes of an acknowledgement."""

_SUFFIX, _PART = ".jsonl", ".part"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MODE = 0o640
T = TypeVar("T", "Statement", "Ack")


@dataclass(frozen=True, slots=True)
class Statement:
    """The first line of a batch: whose it is, which events it brings, and the SHA-256 of the file before it."""

    batch: int
    consumer: str
    first: str
    last: str
    count: int
    previous: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The first line of an acknowledgement: the batch, and the SHA-256 of the file that was dealt with."""

    acknowledges: int
    consumer: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch file as it lies there."""

    statement: Statement
    frames: tuple[bytes, ...]
    sha256: str


def name_of(number: int) -> str:
    """The name of a batch's file."""
    return f"{number:08d}{_SUFFIX}"


def packed(statement: Statement, frames: Sequence[bytes], secrets: Secrets, *, timestamp: int) -> bytes:
    """The content of a batch file."""
    said = b"".join(line + b"\n" for line in (orjson.dumps(asdict(statement)), *frames))
    return _signed(said, _batch_id(statement.consumer, statement.batch), secrets, timestamp)


def acknowledging(batch: Batch, secrets: Secrets, *, timestamp: int) -> bytes:
    """The content of the file that acknowledges a batch: what a receiver writes."""
    ack = Ack(batch.statement.batch, batch.statement.consumer, batch.sha256)
    return _signed(orjson.dumps(asdict(ack)) + b"\n", _ack_id(ack.consumer, ack.acknowledges), secrets, timestamp)


def unpacked(content: bytes, secrets: Secrets) -> Batch:
    """The batch in a file's content. BatchForeign for what this hub did not write, or not to its end."""
    parts = _parted(content)
    statement = _stated(parts[0], Statement) if parts else None
    if parts is None or statement is None or not secrets.verify(parts[2], parts[1]):
        raise BatchForeign
    if parts[2][ID] != _batch_id(statement.consumer, statement.batch) or statement.count != len(parts[0]) - 1:
        raise BatchForeign
    return Batch(statement, tuple(parts[0][1:]), digest_of(content))


def judged(content: bytes, secrets: Secrets, consumer: str, batches: Mapping[int, tuple[str, ParcelState]]) -> int:
    """The number of the batch that a file acknowledges; whatever is wrong with it has its code and changes nothing.

    `batches` are the consumer's: the SHA-256 of each, and what has become of it. They are acknowledged in their order,
    since an acknowledgement says that all before it were dealt with.
    """
    parts = _parted(content) if len(content) <= MOST_OF_ACK else None
    ack = _stated(parts[0], Ack) if parts else None
    if parts is None or ack is None or len(parts[0]) != 1:
        raise AckUnreadable
    if not secrets.verify(parts[2], parts[1]):
        raise AckForged
    known = batches.get(ack.acknowledges)
    if ack.consumer != consumer or parts[2][ID] != _ack_id(ack.consumer, ack.acknowledges) or known is None:
        raise AckOfAnother
    sha256, standing = known
    if ack.sha256 != sha256:
        raise AckOfAnother
    if standing is ParcelState.VOID:
        raise AckStale
    if standing is ParcelState.ACKNOWLEDGED:
        raise AckRepeated
    if any(number < ack.acknowledges and each is ParcelState.WAITING for number, (_, each) in batches.items()):
        raise AckOutOfTurn
    return ack.acknowledges


def put(folder: Path, number: int, content: bytes) -> bytes:
    """The file of this number, on the disk when this returns: with this content, or with what was there before.

    OutboxUnusable where the folder takes no files.
    """
    part = folder / f".{number:08d}.{chance.token_hex(8)}{_PART}"
    try:
        private(folder)
        _write(part, content)
        try:
            # Not a renaming: that would go over a file which somebody may have fetched already.
            os.link(part, folder / name_of(number))
        except FileExistsError:
            content = read(folder / name_of(number)) or b""
        finally:
            part.unlink(missing_ok=True)
        _settle(folder)
    except OSError:
        raise OutboxUnusable from None
    return content


def read(file: Path, most: int | None = None) -> bytes | None:
    """A regular file's content, one byte more than `most` at most; None where there is none. Links are not followed."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read() if most is None else opened.read(most + 1)


def digest_of(content: bytes) -> str:
    """By what a file is named in the next one and in its acknowledgement."""
    return hashlib.sha256(content).hexdigest()


def _signed(said: bytes, id_: str, secrets: Secrets, timestamp: int) -> bytes:
    return said + orjson.dumps(secrets.sign(id_, timestamp, said)) + b"\n"


def _parted(content: bytes) -> tuple[list[bytes], bytes, dict[str, str]] | None:
    """The lines, the bytes that are signed, and the signature; None where the file was cut off or is something else."""
    lines = content.split(b"\n")
    if len(lines) < 3 or lines[-1] != b"":
        return None
    try:
        headers = orjson.loads(lines[-2])
    except orjson.JSONDecodeError:
        return None
    if not isinstance(headers, dict) or not all(isinstance(each, str) for each in headers.values()):
        return None
    return lines[:-2], content[: -len(lines[-2]) - 1], {ID: "", **headers}


def _stated(lines: Sequence[bytes], kind: type[T]) -> T | None:
    """The first line as a statement of this kind; None where it is none."""
    try:
        said: Any = orjson.loads(lines[0])
        found = kind(**said)
    except (orjson.JSONDecodeError, TypeError, IndexError):
        return None
    for name, value in asdict(found).items():
        if type(value) is not (int if name in ("batch", "count", "acknowledges") else str):
            return None
        if name in ("previous", "sha256") and not _DIGEST.fullmatch(str(value)):
            return None
    return found


def _batch_id(consumer: str, number: int) -> str:
    return f"batch.{consumer}.{number}"


def _ack_id(consumer: str, number: int) -> str:
    """Another one than the batch's: no signature of ours can be handed back as theirs under the same secret."""
    return f"ack.{consumer}.{number}"


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def _settle(folder: Path) -> None:
    """The folder's own entry for the file is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
