"""Receivers of webhooks over real sockets: what they were sent, and whatever answers a test wants of them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub.store.signing import ID, Secrets

SECRET = "whsec_" + "A" * 40

Answer = tuple[int, dict[str, str]]
OK: Answer = (204, {})


@dataclass(frozen=True)
class Sent:
    """One request: when it came, and what it was answered."""

    at: float
    id: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def frame(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Takes everything unless `answers` says otherwise."""

    url: str = ""
    answers: Callable[[Sent], Answer] = lambda _: OK
    requests: list[Sent] = field(default_factory=list)

    @property
    def taken(self) -> list[str]:
        """The events that it took, in their order."""
        return [each.id for each in self.requests if each.status < 300]

    def verified(self) -> bool:
        """Whether each request is signed."""
        secrets = Secrets.of([SECRET], "test")
        return all(secrets.verify(each.headers, each.body) for each in self.requests)


@contextmanager
def receiving() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = Sent(time.monotonic(), headers[ID], headers, body, 0)
            status, more = found.answers(sent)
            found.requests.append(replace(sent, status=status))
            self.send_response(status)
            for name, value in {"content-length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hub"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
