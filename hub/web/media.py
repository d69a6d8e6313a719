"""Which media types the hub reads and writes, and how a client's Accept chooses between them."""

import re
from functools import lru_cache

from hub.errors import NotAcceptable, UnsupportedMedia

JSON = b"application/json; charset=utf-8"
GRAPHQL = b"application/graphql-response+json; charset=utf-8"
EVENTS = b"text/event-stream; charset=utf-8"

# The ranges that reach each answer, most specific first: RFC 9110 lets the most specific one decide its quality.
_RANGES: dict[bytes, tuple[str, ...]] = {
    JSON: ("application/json", "application/*", "*/*"),
    GRAPHQL: ("application/graphql-response+json", "application/*", "*/*"),
    # By name only: whoever takes anything takes JSON.
    EVENTS: ("text/event-stream",),
}
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_UTF8 = frozenset({"utf-8", '"utf-8"'})
_KEPT = 1024


def answer_media(accept: bytes | None) -> bytes:
    """The Content-Type of the answer: by quality, then by the client's order, then `application/json`.

    Without Accept, and for `*/*`, the answer is `application/json` (what GraphQL over HTTP's audits expect); events are
    given only where they are preferred to both. Raises NotAcceptable (HUB-104) when none of the three is wanted.
    """
    if accept is None or not accept.strip():
        return JSON
    chosen = _remembered(accept) if len(accept) <= _KEPT else _choose(accept)
    if chosen is None:
        raise NotAcceptable
    return chosen


def check_sent(content_type: bytes | None, content_encoding: bytes | None) -> None:
    """Let through a plain `application/json` body in UTF-8.

    Raises UnsupportedMedia (HUB-103): a form or plain text can be posted by any page without a preflight, and a
    compressed body could unfold to any size.
    """
    if content_encoding is not None or content_type is None:
        raise UnsupportedMedia
    if content_type == b"application/json":
        return
    kind, *parameters = content_type.decode("latin-1").lower().split(";")
    if kind.strip() != "application/json" or not all(_is_utf8(one) for one in parameters):
        raise UnsupportedMedia


@lru_cache(maxsize=256)
def _remembered(accept: bytes) -> bytes | None:
    return _choose(accept)


def _choose(accept: bytes) -> bytes | None:
    asked: dict[str, tuple[float, int]] = {}
    for place, entry in enumerate(accept.decode("latin-1").lower().split(",")):
        name, quality = _entry(entry)
        asked.setdefault(name, (quality, -place))
    wanted = [(rank, media) for media, ranges in _RANGES.items() if (rank := _rank(ranges, asked))]
    return max(wanted, key=lambda one: one[0])[1] if wanted else None


def _rank(ranges: tuple[str, ...], asked: dict[str, tuple[float, int]]) -> tuple[float, int] | None:
    """Quality and place of the most specific range that names this answer; nothing when it is refused (q=0)."""
    rank = next((asked[one] for one in ranges if one in asked), None)
    return rank if rank and rank[0] > 0 else None


def _entry(entry: str) -> tuple[str, float]:
    """One range with its quality. What cannot be honoured (another charset, a broken q) counts as not wanted."""
    name, *parameters = (part.strip() for part in entry.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            return name, float(value) if _QUALITY.fullmatch(value) else 0.0
        if key == "charset" and value not in _UTF8:
            quality = 0.0
    return name, quality


def _is_utf8(parameter: str) -> bool:
    key, _, value = parameter.strip().partition("=")
    return not key or (key == "charset" and value in _UTF8)
