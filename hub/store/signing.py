"""Signatures of what the hub brings to others, as Standard Webhooks has them: of id, timestamp and body together.

`v1` is HMAC-SHA256 under `whsec_<base64>`. While a secret is changed there are two: a body carries a signature of each,
and one that verifies is enough.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.errors import BadConfiguration

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

TOLERANCE_SECONDS = 300
"""How far a timestamp may lie from now, either way."""

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret, as the standard has them."""

_MOST_SECRETS = 2
_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one receiver, the one in use first. Never shown."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, texts: Sequence[str], name: str) -> "Secrets":
        """One secret, or two during a change. BadConfiguration names the secret and never holds it."""
        if not 1 <= len(texts) <= _MOST_SECRETS:
            raise BadConfiguration(reason=f"secret {name}: one is expected, or two while it is changed")
        return cls(tuple(_key(text, name) for text in texts))

    def sign(self, id_: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The three headers that go with a body. `timestamp` is in seconds since 1970."""
        signatures = " ".join(f"v1,{_signature(key, id_, str(timestamp), body)}" for key in self.keys)
        return {ID: id_, TIMESTAMP: str(timestamp), SIGNATURE: signatures}

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one of the secrets made one of the signatures. Nothing is said of how old it is: see `is_timely`."""
        said = [headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE)]
        if not all(said) or not _NUMBER.fullmatch(said[1]) or not said[0].isascii():
            return False
        given = [text[3:] for text in said[2].split(" ") if text.startswith("v1,") and text.isascii()]
        wanted = [_signature(key, said[0], said[1], body) for key in self.keys]
        # No early end: how long it takes says nothing of which one fitted.
        return sum(hmac.compare_digest(one, other) for one in given for other in wanted) > 0


def is_timely(headers: Mapping[str, str], now: float) -> bool:
    """Whether what was signed is neither old nor from the future."""
    said = headers.get(TIMESTAMP, "")
    return _NUMBER.fullmatch(said) is not None and abs(int(said) - now) <= TOLERANCE_SECONDS


def _key(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else b""
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise BadConfiguration(reason=f"secret {name} is whsec_ and {_SHORTEST} to {_LONGEST} bytes in base64")
    return key


def _signature(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    signed = f"{id_}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
