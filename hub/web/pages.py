"""The hub's own page and the module behind it: files of the package, which may load nothing from anywhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hub.errors import MethodNotAllowed
from hub.web.contract import Headers, Scope, Send
from hub.web.documents import error_document

LIVE = "/live"
_FOLDER = Path(__file__).parent / "static"
_PAGE = "page.html"
_KINDS = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_ALWAYS: Headers = [
    (b"content-security-policy", _POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
]


@dataclass(frozen=True, slots=True)
class File:
    """What is served at one path."""

    kind: bytes
    body: bytes
    mark: bytes

    @classmethod
    def read(cls, path: Path) -> "File":
        """The file as it is now; it does not change while the process runs."""
        body = path.read_bytes()
        return cls(_KINDS[path.suffix], body, b'"%s"' % sha256(body).hexdigest()[:32].encode())


@dataclass(frozen=True, slots=True)
class Pages:
    """The page at `/live`, and what it loads from below."""

    files: Mapping[str, File]

    def serves(self, scope: Scope) -> bool:
        """Whether this request is for one of them."""
        return scope["type"] == "http" and scope["path"] in self.files

    async def __call__(self, scope: Scope, _: Any, send: Send) -> None:
        """Answer one HTTP request (ASGI)."""
        file, status = self.files[scope["path"]], 200
        kind, body, more = file.kind, file.body, [(b"etag", file.mark)]
        if scope["method"] not in ("GET", "HEAD"):
            error = MethodNotAllowed()
            status, kind, body = error.status, b"application/json", error_document(error)
            more = [(b"allow", b"GET, HEAD")]
        elif file.mark in _seen(scope):
            status, body = 304, b""
        if status != 304:
            more += [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": [*more, *_ALWAYS]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def pages() -> Pages:
    """All of the package's files."""
    found = {f"{LIVE}/{path.name}": File.read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _KINDS}
    return Pages({LIVE: found.pop(f"{LIVE}/{_PAGE}"), **found})


def _seen(scope: Scope) -> bytes:
    """What the client says that it has."""
    return b", ".join(value for name, value in scope["headers"] if name == b"if-none-match")
