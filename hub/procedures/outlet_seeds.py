"""Outlets as config/outlets.toml says them: whose events are brought where, how, and with what patience."""

import hashlib
from dataclasses import asdict, dataclass
from uuid import UUID, uuid5

import orjson

from hub.schema.consumers import Way
from hub.schema.outlets import Outlet

EVERY_EVENT = """subscription {
  events {
    event { id type occurredAt facts { name code id } case { id number } }
    case { id number state version }
    referral { id number state version }
  }
}"""
"""What is brought where the configuration does not say an operation."""

_IDS = UUID("0b9f9d43-7c54-5f2c-8a2e-5cf3f2a5d6a1")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outlet: `owner` is an organisation's key or a court's code in the file, its id in a policy row.

    `secret` is a name (HUB_SECRET_<NAME>). `private` allows addresses of private networks, `ca` is the file of an
    authority that the machine does not know. A try may take `seconds`; it is repeated after `base_seconds`, then twice
    as many, at most `bound_seconds`, and `attempts` times. A stream of another way keeps the consumer unless an event
    waits unacknowledged for `yield_seconds`. A batch file is written `gather_seconds` after its first event.
    """

    owner: str
    consumer: str
    secret: str
    url: str = ""
    folder: str = ""
    operation: str = ""
    private: bool = False
    ca: str = ""
    seconds: float = 10.0
    attempts: int = 12
    base_seconds: float = 1.0
    bound_seconds: float = 600.0
    yield_seconds: float = 60.0
    gather_seconds: float = 60.0

    @property
    def id(self) -> str:
        """The id of its row: the same in every base."""
        return f"{Outlet.declared.prefix}_{uuid5(_IDS, f'{self.owner} {self.consumer}').hex}"

    @property
    def way(self) -> Way:
        return Way.WEBHOOK if self.url else Way.FILE

    @property
    def text(self) -> str:
        """The subscription whose frames are brought."""
        return self.operation or EVERY_EVENT

    @property
    def mark(self) -> str:
        """By what a change of the configuration is noticed."""
        return hashlib.sha256(orjson.dumps(asdict(self))).hexdigest()
