"""What operators and their machines ask: whether the process lives, whether it can answer, and how it is doing."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from hub.errors import HubError, MethodNotAllowed
from hub.web.contract import Identify, Scope, Send
from hub.web.documents import error_document

LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"
PATHS = frozenset({LIVE, READY, METRICS})

_TEXT = b"text/plain; version=0.0.4; charset=utf-8"
_JSON = b"application/json"

log: Any = structlog.get_logger("hub.web")


@dataclass(frozen=True, slots=True)
class Metric:
    """One number: its name, what it counts, whether it only grows, and its value now."""

    name: str
    doc: str
    value: float
    grows: bool = False


def exposition(metrics: Iterable[Metric]) -> bytes:
    """The metrics as Prometheus reads them."""
    lines: list[str] = []
    for each in metrics:
        kind = "counter" if each.grows else "gauge"
        lines += [f"# HELP {each.name} {each.doc}", f"# TYPE {each.name} {kind}", f"{each.name} {each.value:g}"]
    return ("\n".join(lines) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Health:
    """The three addresses. `ready` raises what keeps it from answering, `measured` refuses whom it is not for."""

    ready: Callable[[], Awaitable[None]]
    measured: Callable[[Any], Awaitable[Iterable[Metric]]]
    identify: Identify

    def serves(self, scope: Scope) -> bool:
        """Whether this request is for one of them."""
        return scope["type"] == "http" and scope["path"] in PATHS

    async def __call__(self, scope: Scope, _: Any, send: Send) -> None:
        """Answer one HTTP request (ASGI); a bad one with its code, as a GraphQL document."""
        media, body, status = _JSON, b'{"status":"ok"}', 200
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed
            if scope["path"] == METRICS:
                media, body = _TEXT, exposition(await self.measured(self.identify(_authorization(scope))))
            elif scope["path"] == READY:
                await self.ready()
        except HubError as error:
            # A machine looks at the status alone: 200 is for GraphQL clients.
            media, body, status = _JSON, error_document(error), error.status if error.status >= 400 else 403
            log.info("request refused", code=error.code, status=status)
        headers = [
            (b"content-type", media),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _authorization(scope: Scope) -> str | None:
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    # A second one spoils the first.
    return ", ".join(found) if found else None
