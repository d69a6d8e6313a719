"""How a process is doing with the log: what operators watch, in the graph and at /metrics."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.live.news import News


@dataclass(frozen=True, slots=True)
class State:
    """Times in milliseconds; members are the names that the graph shows."""

    newestAt: str | None  # noqa: N815 - as the graph shows it
    hiddenFor: int  # noqa: N815
    failingFor: int  # noqa: N815
    oldestWriterFor: int  # noqa: N815
    unsealedFor: int  # noqa: N815
    streams: int
    groups: int
    consumers: int


def groups_of(news: "News") -> list[dict[str, Any]]:
    """What streams of this process share, as the graph shows it."""
    streams = news.streams
    found = []
    for group in streams.groups.values():
        text = next(filter(None, map(streams.text_of, group.readers)), "")
        press = streams.presses.get(group.key.unfiltered())
        found.append(
            {
                "document": sha256(text.encode()).hexdigest(),
                "role": group.key.role,
                "streams": len(group.readers),
                "runs": press.runs if press else 0,
                "current": group.position >= news.follower.newest,
            }
        )
    return found


async def state_of(news: "News") -> State:
    """As it is now; the oldest open transaction is asked of the base. Unavailable when the base cannot be asked."""
    lag = news.follower.lag()
    return State(
        lag.occurred_at,
        _milliseconds(lag.hidden_seconds),
        _milliseconds(lag.failing_seconds),
        _milliseconds(await news.follower.log.oldest_writer()),
        _milliseconds(news.sealer.lag_seconds),
        news.streams.readers,
        len(news.streams.groups),
        news.streams.consumers,
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
