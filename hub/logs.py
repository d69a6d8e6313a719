"""Logs: one JSON object a line on standard error, with the request's id and without anybody's values."""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from traceback import extract_tb
from typing import Any, BinaryIO

import orjson
import structlog

_DEEPEST = 8
_SILENT = ("uvicorn.access",)
"""Loggers that write what clients sent: an access log holds the variables of every GET."""


def configure(level: str = "info", stream: BinaryIO | None = None) -> None:
    """Send our own records from `level` up, and warnings of libraries, to `stream`, standard error unless said."""
    lines = _Lines(stream or sys.stderr.buffer)
    lowest = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _named,
            _without_text,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=lines.logger,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(lowest, logging.WARNING), force=True)
    for name in _SILENT:
        logging.getLogger(name).disabled = True


def failure(error: BaseException) -> list[str]:
    """What failed and where, outermost first, causes after; never the exception's text, which can quote a row."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < _DEEPEST:
        places = " < ".join(f"{at.filename}:{at.lineno} {at.name}" for at in reversed(extract_tb(cause.__traceback__)))
        chain.append(f"{type(cause).__name__} {places}".rstrip())
        cause = cause.__cause__ or cause.__context__
    return chain


class _Lines:
    """Where lines go, and the loggers that write them."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def logger(self, name: str = "hub", *_: Any) -> "_Logger":
        return _Logger(name, self.stream)


class _Logger:
    """Writes one finished line, whatever its level."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self._stream = stream

    def msg(self, line: bytes) -> None:
        try:
            self._stream.write(line + b"\n")
            self._stream.flush()
        except (OSError, ValueError):
            # Standard error is gone: a log that cannot be written must not fail the request it is about.
            return

    debug = info = warning = error = critical = msg


class _Libraries(logging.Handler):
    """Records of libraries as lines of ours: their template's first line, their exceptions without text.

    Templates are not filled in: their arguments are requests, rows and exceptions.
    """

    def emit(self, record: logging.LogRecord) -> None:
        event = str(record.msg).partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        log = structlog.get_logger(record.name)
        log.log(record.levelno, event, **({"failure": failure(error)} if error else {}))


def _named(logger: Any, _: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["logger"] = getattr(logger, "name", "hub")
    return event


def _without_text(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """An exception handed to a logger leaves its class and its places behind, nothing else."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["failure"] = failure(error)
    return event


def _json(event: Mapping[str, Any], **_: Any) -> bytes:
    try:
        return orjson.dumps(event, default=_type_name)
    except TypeError:
        # Lone surrogates: the line is written all the same.
        return json.dumps(event, default=_type_name).encode()


def _type_name(value: object) -> str:
    return type(value).__name__
