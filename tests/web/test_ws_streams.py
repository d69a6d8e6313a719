"""Streams over WebSocket: pulled as the socket drains; who does not read harms nobody; a process that ends says so."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import Counting, Serve, Served
from tests.web.sockets import acknowledged, opened, subscribe
from tests.web.test_ws import until


def numbers(messages: list[Any], name: str = "1") -> list[int]:
    return [one["payload"]["data"]["n"] for one in messages if one["type"] == "next" and one["id"] == name]


async def test_a_stream_is_given_in_order_and_completed(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream count 500"))
        messages = await client.hear_all(501)

        assert numbers(messages) == list(range(1, 501))
        assert messages[-1] == {"id": "1", "type": "complete"}
        assert await client.silent()
    assert hub.application.streams[0].closed == 0


async def test_a_frame_is_untouched_but_for_the_id(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream count 1", '"\\案'))
        assert await client.connection.recv() == '{"id":"\\"\\\\案","type":"next","payload":{"data":{"n":1}}}'


async def test_what_comes_later_is_written_when_it_comes(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream held"))
        assert await client.silent()

        hub.application.streams[0].release(2)
        assert [message["type"] for message in await client.hear_all(3)] == ["next", "next", "complete"]


@pytest.mark.parametrize("size", [1, 125, 126, 65_000, 65_536, 300_000])
async def test_frames_of_any_size_arrive_whole(hub: Served, size: int) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe(f"stream count 3 {size}"))
        for number in (1, 2, 3):
            assert (await client.hear())["payload"]["data"] == {"n": number, "pad": "x" * size}


async def test_one_that_breaks_ends_alone(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream held", "other"), subscribe("stream broken", "1"))
        broken = await client.hear()
        assert (broken["id"], broken["type"], broken["payload"][0]["extensions"]["code"]) == ("1", "error", "INTERNAL")
        assert "370403" not in str(broken)

        hub.application.streams[0].release(1)
        assert (await client.hear())["id"] == "other"
    assert [stream.closed for stream in hub.application.streams] == [0, 1]


async def test_an_end_with_errors_is_an_error(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream refusing 1"))
        messages = await client.hear_all(2)
    assert messages[1] == {"id": "1", "type": "error", "payload": [{"message": "over"}]}


async def test_a_refused_one_is_an_error(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream forbidden"))
        refused = await client.hear()
    assert (refused["type"], refused["payload"][0]["extensions"]["hub"]) == ("error", "HUB-403")


async def test_a_completed_one_gives_nothing_more(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream held"), {"type": "complete", "id": "1"})
        await until(lambda: hub.application.streams and hub.application.streams[0].closed == 1)
        hub.application.streams[0].release(3)
        assert await client.silent()

        await client.say(subscribe("stream count 1"))
        assert numbers(await client.hear_all(2)) == [1]


async def test_one_completed_while_it_opens_is_closed(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream slow"), {"type": "complete", "id": "1"})
        assert hub.application.cancelled.acquire(timeout=5)
        hub.application.go.set()
        await client.ask("{a}")


async def test_busy_streams_leave_room_for_questions(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe("stream count 1000000", "busy"), subscribe("{a}", "asked"))
        async with asyncio.timeout(10):
            while (await client.hear())["id"] != "asked":
                pass
        await client.say({"type": "complete", "id": "busy"})


async def test_the_socket_says_once_how_it_wants_to_live(hub: Served) -> None:
    async with acknowledged(hub.port, {"live": {"format": "json-patch"}}) as client:
        await client.say(subscribe("stream count 1", "1"))
        await client.hear_all(2)
        await client.say(subscribe("stream count 1", "2", extensions={"live": {"format": "full"}}))
        await client.hear_all(2)
    told = [question.extensions["live"]["format"] for question in hub.application.asked]
    assert told == ["json-patch", "full"]


class TestSlowReaders:
    async def test_one_that_does_not_read_is_not_pulled_for(self, hub: Served) -> None:
        """What the kernel and the connection hold, and not a frame more."""
        async with acknowledged(hub.port) as client:
            client.connection.transport.pause_reading()
            await client.say(subscribe("stream count 1000000 10000"))
            await until(lambda: hub.application.streams)
            stream = hub.application.streams[0]
            given = await settled(stream)
            await asyncio.sleep(0.3)

            assert stream.given == given < 2000
            client.connection.transport.resume_reading()
            assert numbers(await client.hear_all(1000)) == list(range(1, 1001))

    async def test_it_harms_nobody(self, hub: Served) -> None:
        async with acknowledged(hub.port) as stalled, acknowledged(hub.port) as other:
            stalled.connection.transport.pause_reading()
            await stalled.say(*[subscribe("stream count 1000000 10000", str(number)) for number in range(5)])
            await until(lambda: hub.application.streams)
            for stream in hub.application.streams:
                await settled(stream)

            await other.say(subscribe("stream count 5000"))
            assert numbers(await other.hear_all(5001)) == list(range(1, 5001))

    async def test_its_questions_wait(self, hub: Served) -> None:
        """A client that asks and never reads gets one answer's work, not fifty."""
        async with acknowledged(hub.port) as client:
            client.connection.transport.pause_reading()
            await client.say(subscribe("stream count 1000000 10000", "s"))
            await until(lambda: hub.application.streams)
            await settled(hub.application.streams[0])
            await client.say(*[subscribe("{a}", str(number)) for number in range(20)])
            await asyncio.sleep(0.3)
            assert sum(question.query == "{a}" for question in hub.application.asked) <= 1

    async def test_pings_of_the_protocol_are_not_queued_for_it(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            client.connection.transport.pause_reading()
            await client.say(subscribe("stream count 1000000 10000"))
            await until(lambda: hub.application.streams)
            await settled(hub.application.streams[0])
            (server,) = hub.server.server_state.connections - {None}
            transport: Any = server.transport
            held = transport.get_write_buffer_size()
            for _ in range(500):
                await client.connection.ping()
            await asyncio.sleep(0.2)
            assert transport.get_write_buffer_size() <= held

    async def test_one_that_takes_nothing_for_long_is_given_up(self, serve: Serve) -> None:
        hub = serve(stalled_seconds=0.3)
        async with acknowledged(hub.port) as client:
            client.connection.transport.pause_reading()
            await client.say(subscribe("stream count 1000000 10000"))
            await until(lambda: hub.application.streams)
            await until(lambda: hub.application.streams[0].closed == 1 and len(hub.address.crowd) == 0)

    async def test_one_that_reads_slowly_stays(self, serve: Serve) -> None:
        hub = serve(stalled_seconds=0.3)
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("stream count 1000000 20000"))
            for number in range(1, 1500):
                assert (await client.hear())["payload"]["data"]["n"] == number
                if number % 100 == 0:
                    await asyncio.sleep(0.1)


async def settled(stream: Counting) -> int:
    """How many frames were pulled once no more are."""
    before = -1
    while stream.given != before:
        before = stream.given
        await asyncio.sleep(0.15)
    return before


class TestTheEnd:
    async def test_sockets_are_told_to_come_back(self, hub: Served) -> None:
        async with acknowledged(hub.port) as quiet, acknowledged(hub.port) as streaming, opened(hub.port) as new:
            await streaming.say(subscribe("stream held"))
            await until(lambda: hub.application.streams)
            hub.server.should_exit = True
            for client in (quiet, streaming, new):
                assert await client.closed() == (1012, "Service restart")
        assert hub.application.streams[0].closed == 1

    async def test_what_is_under_way_is_answered_first(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("wait"))
            assert hub.application.begun.acquire(timeout=5)
            hub.server.should_exit = True
            await until(lambda: not hub.server.servers[0].is_serving())
            await client.say(subscribe("{a}", "late"))
            refused = await client.hear()
            assert (refused["id"], refused["payload"][0]["extensions"]["hub"]) == ("late", "HUB-503")

            hub.application.go.set()
            answer, complete = await client.hear_all(2)
            assert (answer["payload"]["data"]["query"], complete["type"]) == ("wait", "complete")
            assert await client.closed() == (1012, "Service restart")


class TestMany:
    async def test_200_sockets_connect_and_ask(self, hub: Served) -> None:
        async def one(number: int) -> int:
            async with acknowledged(hub.port) as client:
                await client.say(subscribe("stream count 3", "s"))
                answer = await client.hear_all(4)
                assert numbers(answer, "s") == [1, 2, 3]
                found: int = (await client.ask("{a}", str(number)))["data"]["variables"].get("x", number)
                return found

        assert await asyncio.gather(*map(one, range(200))) == list(range(200))
        await until(lambda: len(hub.address.crowd) == 0)

    async def test_an_idle_socket_costs_at_most_40_kilobytes(self, hub: Served) -> None:
        """The client's half lives in this process too, so the server's is what is left when a bare one is taken away."""
        async with acknowledged(hub.port):
            idle: list[Any] = []
            ports = hub.port
            before, _ = settled_memory(), None
            for _ in range(300):
                writer = await bare(ports)
                idle.append(writer)
            await until(lambda: len(hub.address.crowd) == 301)
            each = (settled_memory() - before) / 300
            for writer in idle:
                writer.close()
        assert each <= 40 * 1024, each


async def bare(port: int) -> asyncio.StreamWriter:
    """An acknowledged socket with a client of next to no memory."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(
        b"GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    text = b'{"type":"connection_init"}'
    writer.write(bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text)
    assert b"connection_ack" in await reader.read(100)
    return writer


def settled_memory() -> int:
    """Bytes of this process that are resident."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096
