"""What becomes of an event that was brought to its receiver, when it is tried again, and where it is never brought."""

import enum
import ipaddress
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from hub.errors import BadConfiguration

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine, to which http will do."""

PORTS = {"https": 443, "http": 80}

_REFUSED = frozenset({400, 409, 413, 422})
"""Statuses that say something of this event, and say it for good."""

_OF_RECEIVER = frozenset({401, 403, 404, 407, 408, 425, 429, 502, 503, 504})
"""Statuses that say something of the receiver, whichever event it was."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_OBSOLETE = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
"""6to4 and Teredo: addresses within which another one is hidden, by nobody used any more."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Verdict(enum.Enum):
    """What a receiver's status says."""

    TAKEN = "acknowledged"
    LATER = "to be tried again"
    NEVER = "this event is refused for good"
    GONE = "nothing more is taken"


def verdict(status: int) -> Verdict:
    """2xx acknowledges; 410 ends it; 400, 409, 413 and 422 refuse the event. Anything else may be mended."""
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status == 410:
        return Verdict.GONE
    return Verdict.NEVER if status in _REFUSED else Verdict.LATER


def is_of_receiver(status: int) -> bool:
    """Whether a status to be tried again speaks of the receiver, not of the event."""
    return status in _OF_RECEIVER or 300 <= status < 400


def check_url(url: str) -> SplitResult:
    """The parts of a webhook's address: https, or http on this machine. BadConfiguration otherwise."""
    try:
        parts = urlsplit(url)
        known = parts.hostname is not None and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        known, parts = False, urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url and not (parts.username or parts.password)
    if not known or not plain or parts.fragment or "@" in parts.netloc or parts.scheme not in PORTS:
        raise BadConfiguration(reason="a webhook's url is https://host[:port]/path, without user or fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadConfiguration(reason="a webhook's url is https, but for receivers on this machine")
    return parts


def delay(attempt: int, *, base: float, bound: float, chance: float, asked: float | None = None) -> float:
    """Seconds until the next try after so many: twice as long each time, at most `bound`, less up to a half by chance.

    `chance` is between 0 and 1. What the receiver asked for (Retry-After) is waited for, but no longer than `bound`.
    """
    # Beyond 2**32 nothing grows any more: an attempt is a count that no one bounds.
    longest = min(bound, base * 2.0 ** min(attempt - 1, 32))
    return max(longest * (1 - chance / 2), min(asked or 0.0, bound))


def may_reach(addresses: Iterable[str], *, private: bool, loopback: bool) -> bool:
    """Whether all that a name stands for may be reached: who answers for it could give the bad one next time.

    `private` allows the networks of organisations; `loopback` this machine, and then nothing else. Link-local,
    multicast, reserved and unspecified addresses are never reached.
    """
    found = [_plain(ipaddress.ip_address(each.partition("%")[0])) for each in addresses]
    return bool(found) and all(_may(each, private=private, loopback=loopback) for each in found)


def _may(address: Address, *, private: bool, loopback: bool) -> bool:
    if loopback or address.is_loopback:
        return loopback and address.is_loopback
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _OBSOLETE):
        return False
    if address.is_multicast or address.is_link_local or address.is_unspecified or address.is_reserved:
        return False
    return address.is_global or private


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address
