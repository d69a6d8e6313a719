"""Logs: lines that machines read, and that hold nobody's values."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from hub.logs import configure, failure

SECRET = "370403199001011234"


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.BytesIO()
    configure("info", stream)
    yield stream
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    root.handlers, _ = before
    root.setLevel(before[1])


def lines(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_line_with_its_logger_level_time_and_request(stream: io.BytesIO) -> None:
    structlog.contextvars.bind_contextvars(request="0f")
    structlog.get_logger("hub.web").info("request refused", code="HUB-101")
    structlog.get_logger("hub.web").debug("too small to say")

    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {"event": "request refused", "code": "HUB-101", "request": "0f", "level": "info", "logger": "hub.web"}


def raise_both() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise RuntimeError(SECRET) from error


def test_an_exception_leaves_its_classes_and_places_but_no_text(stream: io.BytesIO) -> None:
    try:
        raise_both()
    except RuntimeError as error:
        structlog.get_logger("hub").error("failed", exc_info=True)
        structlog.get_logger("hub").error("failed", exc_info=error)
        structlog.get_logger("hub").exception("failed")
        logging.getLogger("a.library").exception("it failed for %s", SECRET)

    found = lines(stream)
    assert [line["failure"][0].split()[0] for line in found] == ["RuntimeError"] * 4
    assert "KeyError" in found[0]["failure"][1]
    assert "raise_both" in found[0]["failure"][0]
    assert found[3]["event"] == "it failed for %s"
    assert SECRET not in stream.getvalue().decode()


async def test_a_task_that_nobody_awaited_does_not_tell_what_it_knew(stream: io.BytesIO) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(fail())
    await asyncio.wait([task])
    loop.default_exception_handler({"message": "never retrieved", "exception": task.exception(), "future": task})

    assert lines(stream)[0]["event"] == "never retrieved"
    assert SECRET not in stream.getvalue().decode()


def test_the_access_log_of_the_server_is_silent(stream: io.BytesIO) -> None:
    logging.getLogger("uvicorn.access").info('GET /graphql?variables={"name":"%s"}', SECRET)

    assert stream.getvalue() == b""


def test_a_value_without_json_is_named_by_its_type(stream: io.BytesIO) -> None:
    structlog.get_logger("hub").info("odd", value=object(), text="\ud800")

    assert lines(stream)[0]["value"] == "object"


def test_a_closed_stream_fails_nothing(stream: io.BytesIO) -> None:
    stream.close()
    configure("info", stream)

    structlog.get_logger("hub").info("lost")


def test_a_cycle_of_causes_ends() -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one

    assert len(failure(one)) == 8
