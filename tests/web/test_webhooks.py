"""The sender of webhooks against real sockets: signed, bounded in time and memory, and never led elsewhere."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.errors import (
    AddressForbidden,
    BadConfiguration,
    EventRefused,
    HubError,
    ReceiverFailed,
    ReceiverGone,
    ReceiverRedirects,
    ReceiverSlow,
    ReceiverUnreachable,
)
from hub.store.signing import ID, Secrets
from hub.web import webhooks
from hub.web.webhooks import Receiver, Sender, asked_for

SECRETS = Secrets.of(["whsec_" + "A" * 40], "test")
BODY = '{"data":{"events":{"event":{"type":"案件登记"}}}}'.encode()
NOW = 1_764_000_000

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    """What a receiver was sent."""

    port: int = 0
    connections: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


def status(line: str, headers: str = "", body: bytes = b"") -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {line}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body)
        await writer.drain()

    return answer


async def hang(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(600):
        writer.write(f"x-{number}: y\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n")
    for _ in range(600):
        writer.write(b"z")
        await writer.drain()
        await asyncio.sleep(0.05)


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03 no HTTP at all\r\n\r\n")
    await writer.drain()
    writer.close()


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(4000):
        writer.write(b"x: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\ncontent-encoding: gzip\r\n\r\n")
    while True:
        writer.write(b"\x00" * 65536)
        await writer.drain()


@asynccontextmanager
async def receiving(*answers: Answer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Seen]:
    """A receiver that answers the first request with the first answer, the last answer ever after."""
    seen, left, tasks = Seen(), list(answers), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length") or headers["Content-Length"]))
                seen.requests.append((head[0], {name.lower(): text for name, text in headers.items()}, body))
                await (left.pop(0) if len(left) > 1 else left[0])(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def begun(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.get_running_loop().create_task(serve(reader, writer)))

    server = await asyncio.start_server(begun, host, 0, ssl=context)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def sender(url: str, resolve: webhooks.Resolve = webhooks.addresses_of, **more: object) -> AsyncIterator[Sender]:
    found = Sender(Receiver(url, SECRETS, **more), resolve=resolve)  # type: ignore[arg-type]
    try:
        yield found
    finally:
        await found.close()


async def sent(seen: Seen, **more: object) -> HubError | None:
    """What became of one body."""
    async with sender(f"http://127.0.0.1:{seen.port}/hub?a=1", **more) as one:  # type: ignore[arg-type]
        try:
            await one.send("evt_1", BODY, timestamp=NOW)
        except HubError as error:
            return error
    return None


async def test_a_body_arrives_as_it_is_with_its_signature() -> None:
    async with receiving(status("204 No Content")) as seen:
        assert await sent(seen) is None

    ((line, headers, body),) = seen.requests
    assert (line, body) == ("POST /hub?a=1 HTTP/1.1", BODY)
    assert SECRETS.verify(headers, body)
    assert (headers[ID], headers["content-type"], headers["host"]) == ("evt_1", "application/json", f"127.0.0.1:{seen.port}")
    assert not {"authorization", "cookie"} & set(headers)


async def test_one_connection_serves_many_bodies() -> None:
    async with receiving(status("200 OK", body=b"thanks")) as seen, sender(f"http://127.0.0.1:{seen.port}/") as one:
        for number in range(5):
            await one.send(f"evt_{number}", BODY, timestamp=NOW)

    assert (len(seen.requests), seen.connections) == (5, 1)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status("410 Gone"), ReceiverGone),
        (status("422 Unprocessable"), EventRefused),
        (status("400 Bad Request"), EventRefused),
        (status("500 Oops", body=b"x" * 1000), ReceiverFailed),
        (status("404 Not Found"), ReceiverFailed),
        (reset, ReceiverUnreachable),
        (garbage, ReceiverUnreachable),
        (endless_headers, ReceiverUnreachable),
        (hang, ReceiverSlow),
        (drip_headers, ReceiverSlow),
        (drip_body, ReceiverSlow),
    ],
)
async def test_each_fault_has_its_code_within_the_time_limit(answer: Answer, kind: type[HubError]) -> None:
    async with receiving(answer) as seen:
        began = time.monotonic()
        error = await sent(seen, seconds=0.6)

    assert type(error) is kind
    assert time.monotonic() - began < 5


async def test_nobody_listening_is_unreachable() -> None:
    async with receiving(reset) as seen:
        pass

    assert type(await sent(seen)) is ReceiverUnreachable


async def test_a_name_that_there_is_none_of_is_unreachable() -> None:
    async def nothing(_: str, __: int) -> Sequence[str]:
        raise OSError("no such host court.example")

    async with sender("https://court.example/", nothing) as one:
        with pytest.raises(ReceiverUnreachable) as failed:
            await one.send("evt_1", BODY, timestamp=NOW)

    assert "court" not in str(failed.value)


async def test_it_comes_back() -> None:
    async with receiving(reset, status("503 Busy", "retry-after: 7\r\n"), status("200 OK")) as seen:
        first, second, third = [await sent(seen) for _ in range(3)]

    assert (type(first), type(second), third) == (ReceiverUnreachable, ReceiverFailed, None)
    assert second is not None
    assert second.facts["asked"] == 7


async def test_a_redirect_is_not_followed() -> None:
    async with receiving(status("200 OK")) as canary:
        async with receiving(status("302 Found", f"location: http://127.0.0.1:{canary.port}/\r\n")) as seen:
            error = await sent(seen)

        assert type(error) is ReceiverRedirects
        assert (len(seen.requests), canary.connections) == (1, 0)


async def test_an_endless_answer_takes_neither_memory_nor_time() -> None:
    async with receiving(endless_body) as seen:
        tracemalloc.start()
        error = await sent(seen, seconds=5)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert error is None
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_inside_is_not_gone_to(address: str) -> None:
    """SSRF: also when it led outside a moment ago, and when one of several addresses does."""
    asked: list[str] = []

    async def rebinding(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["8.8.8.8", address]

    async with receiving(status("200 OK")) as seen, sender(f"https://court.example:{seen.port}/", rebinding) as one:
        for _ in range(2):
            with pytest.raises(AddressForbidden):
                await one.send("evt_1", BODY, timestamp=NOW)

    assert (asked, seen.connections) == (["court.example"] * 2, 0)


async def test_the_address_that_was_looked_at_is_the_one_gone_to() -> None:
    """The name is asked once per body: what it says a moment later changes nothing."""
    asked: list[str] = []

    async def resolve(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2"]

    async with receiving(status("200 OK"), host="127.0.0.2") as seen, sender(f"http://localhost:{seen.port}/", resolve) as one:
        await one.send("evt_1", BODY, timestamp=NOW)

    assert asked == ["localhost"]
    assert seen.requests[0][1]["host"] == f"localhost:{seen.port}"


async def test_a_certificate_must_be_of_the_name_and_from_a_known_authority(tmp_path: Path) -> None:
    for name, ca, kind in (
        ("localhost", True, None),
        ("localhost", False, ReceiverUnreachable),
        ("other.example", True, ReceiverUnreachable),
    ):
        file = certificate(tmp_path, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        async with receiving(status("200 OK"), context=context) as seen:
            url, more = f"https://localhost:{seen.port}/", {"ca": str(file)} if ca else {}

            async def resolve(_: str, __: int) -> Sequence[str]:
                return ["127.0.0.1"]

            async with sender(url, resolve, **more) as one:
                if kind is None:
                    await one.send("evt_1", BODY, timestamp=NOW)
                else:
                    with pytest.raises(kind):
                        await one.send("evt_1", BODY, timestamp=NOW)
            assert len(seen.requests) == (kind is None)


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate that is its own authority, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(1))
        .not_valid_after(today + dt.timedelta(1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    "url",
    [
        "",
        "court.example",
        "http://court.example/",
        "http://127.0.0.1.court.example/",
        "ftp://court.example/",
        "file:///etc/passwd",
        "https:///path",
        "https://user@court.example/",
        "https://user:word@court.example/",
        "https://@court.example/",
        "https://court.example/#part",
        "https://court.example:0/",
        "https://court.example:99999/",
        "https://court.example:port/",
        "https://court.example/ space",
        "https://法院.example/",
        "https://court.example/\r\nx: y",
        "https://[::1/",
    ],
)
def test_an_address_that_may_be_none_is_refused(url: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        Receiver(url, SECRETS)

    assert not url or url not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://court.example/hub",
        "https://10.1.2.3:8443/",
        "https://[2606:4700::1]/x?y=z",
        "http://localhost:1/",
        "http://[::1]:80/",
    ],
)
def test_an_address_is_https_or_of_this_machine(url: str) -> None:
    assert "AAAA" not in repr(Receiver(url, SECRETS))


def test_what_a_receiver_asks_for_is_seconds_or_a_moment() -> None:
    date = "Wed, 25 Nov 2026 07:00:00 GMT"

    assert asked_for("120", None) == 120
    assert asked_for("Wed, 25 Nov 2026 07:01:30 GMT", date) == 90
    assert asked_for("Wed, 25 Nov 2026 06:00:00 GMT", date) == 0
    assert [asked_for(text, date) for text in (None, "", "soon", "-1", "１２")] == [None] * 5
    assert asked_for("Wed, 25 Nov 2026 07:01:30 GMT", None) is None
    assert asked_for("9" * 400, None) == 999_999_999
