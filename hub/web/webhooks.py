"""Outgoing webhooks: one signed body to one configured address, within one deadline, and never anywhere else."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from hub.errors import (
    AddressForbidden,
    EventRefused,
    HubError,
    ReceiverFailed,
    ReceiverGone,
    ReceiverRedirects,
    ReceiverSlow,
    ReceiverUnreachable,
)
from hub.rules.delivering import LOOPBACK, PORTS, Verdict, check_url, may_reach, verdict
from hub.store.signing import Secrets

MOST_READ = 16 * 1024
"""Bytes of an answer that are read so that its connection can be used again; what is longer is broken off."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses that a name stands for."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a consumer's events are brought: as the configuration says it, never a client.

    `private`: its name may stand for addresses of private networks. `ca`: the file of the authority that its
    certificate is from, where the machine does not know it. BadConfiguration for an address that may be none.
    """

    url: str
    secrets: Secrets = field(repr=False)
    private: bool = False
    seconds: float = 10.0
    ca: str | None = None

    def __post_init__(self) -> None:
        check_url(self.url)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, by its own name."""
        return urlsplit(self.url).hostname in LOOPBACK


async def addresses_of(host: str, port: int) -> Sequence[str]:
    """What the machine's own resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Sender:
    """Brings bodies to one receiver. Connections are kept; names are looked up, and looked at, each time."""

    def __init__(self, receiver: Receiver, *, resolve: Resolve = addresses_of) -> None:
        self._to, self._resolve = receiver, resolve
        self._parts = check_url(receiver.url)
        self._port = self._parts.port or PORTS[self._parts.scheme]
        self._client = httpx2.AsyncClient(
            verify=ssl.create_default_context(cafile=receiver.ca),
            trust_env=False,
            follow_redirects=False,
            timeout=None,
        )

    async def send(self, id_: str, body: bytes, *, timestamp: int) -> None:
        """Bring the body; returns when the receiver has acknowledged it.

        ReceiverUnreachable, ReceiverSlow, ReceiverFailed and ReceiverRedirects may pass, AddressForbidden when the
        name stands for another address; EventRefused is of this event for good; ReceiverGone of all.
        """
        headers = self._to.secrets.sign(id_, timestamp, body)
        try:
            async with asyncio.timeout(self._to.seconds) as waited:
                await self._brought(body, headers)
        except TimeoutError:
            raise (ReceiverSlow(limit=f"{self._to.seconds:g}") if waited.expired() else ReceiverUnreachable()) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ssl.SSLError, UnicodeError):
            # What the library says can hold what the receiver sent.
            raise ReceiverUnreachable from None

    async def close(self) -> None:
        """Let go of kept connections."""
        await self._client.aclose()

    async def _brought(self, body: bytes, headers: Mapping[str, str]) -> None:
        addresses = await self._resolve(self._parts.hostname or "", self._port)
        if not may_reach(addresses, private=self._to.private, loopback=self._to.is_local):
            raise AddressForbidden
        request = self._request(addresses[0], body, headers)
        answer = await self._client.send(request, stream=True)
        try:
            error = _said(answer)
            await _read(answer)
        finally:
            await answer.aclose()
        if error is not None:
            raise error

    def _request(self, address: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Request:
        """To the very address that was looked at: the name could stand for another one when it is asked again."""
        host = f"[{address}]" if ":" in address else address
        target = self._parts.path or "/"
        query = f"?{self._parts.query}" if self._parts.query else ""
        return self._client.build_request(
            "POST",
            f"{self._parts.scheme}://{host}:{self._port}{target}{query}",
            content=body,
            headers={
                **headers,
                "host": self._parts.netloc,
                "content-type": "application/json",
                "accept-encoding": "identity",
                "user-agent": "hub",
            },
            extensions={"sni_hostname": self._parts.hostname},
        )


def _said(answer: httpx2.Response) -> HubError | None:
    """What the status says; None where it acknowledges."""
    status = answer.status_code
    match verdict(status):
        case Verdict.TAKEN:
            return None
        case Verdict.GONE:
            return ReceiverGone()
        case Verdict.NEVER:
            return EventRefused(said=status)
        case Verdict.LATER:
            if 300 <= status < 400:
                return ReceiverRedirects()
            return ReceiverFailed(
                said=status, asked=asked_for(answer.headers.get("retry-after"), answer.headers.get("date"))
            )


async def _read(answer: httpx2.Response) -> None:
    """Whatever it says is of no interest, and never gets into a log."""
    read = 0
    async for piece in answer.aiter_raw():
        read += len(piece)
        if read > MOST_READ:
            return


def asked_for(text: str | None, date: str | None) -> float | None:
    """Seconds that a Retry-After asks for; a moment counts from the answer's own Date. None where it says neither."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moments: list[Any] = [parsedate_to_datetime(each or "") for each in (text, date)]
        return max(0.0, float((moments[0] - moments[1]).total_seconds()))
    except (ValueError, TypeError):
        return None
