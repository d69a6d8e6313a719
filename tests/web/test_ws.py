"""graphql-transport-ws as PROTOCOL.md tells it: every message, every close code."""

import asyncio
import time
from typing import Any

import orjson
import pytest
from tests.web.conftest import Serve, Served
from tests.web.sockets import ACK, INIT, PROTOCOL, acknowledged, opened, subscribe
from websockets.exceptions import InvalidStatus

COURT = {"authorization": "Bearer court"}


def error(code: str) -> Any:
    """What is sure about the payload of an `error` message."""
    return lambda message: [one["extensions"]["hub"] for one in message["payload"]] == [code]


class TestHandshake:
    async def test_the_one_protocol_is_chosen(self, hub: Served) -> None:
        async with opened(hub.port) as client:
            assert client.connection.subprotocol == PROTOCOL

    @pytest.mark.parametrize("protocol", [None, "graphql-ws", "graphql-transport-ws2"])
    async def test_any_other_protocol_is_4406(self, hub: Served, protocol: str | None) -> None:
        async with opened(hub.port, None, headers={"sec-websocket-protocol": protocol} if protocol else {}) as client:
            assert await client.closed() == (4406, "Subprotocol not acceptable")

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "https://portal.example:1"])
    async def test_a_page_of_another_site_is_403(self, hub: Served, origin: str) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(hub.port, origin=origin):
                pass

        assert refused.value.response.status_code == 403
        assert orjson.loads(refused.value.response.body or b"")["errors"][0]["extensions"]["hub"] == "HUB-407"

    async def test_own_pages_listed_pages_and_programs_come_in(self, hub: Served) -> None:
        for origin in (f"http://127.0.0.1:{hub.port}", "https://portal.example", None):
            async with opened(hub.port, origin=origin) as client:
                await client.say(INIT)
                assert await client.hear() == ACK

    async def test_a_full_hub_answers_503(self, serve: Serve) -> None:
        hub = serve(sockets=1)
        async with acknowledged(hub.port):
            with pytest.raises(InvalidStatus) as refused:
                async with opened(hub.port):
                    pass
        assert refused.value.response.status_code == 503
        assert orjson.loads(refused.value.response.body or b"")["errors"][0]["extensions"]["hub"] == "HUB-503"

        await until(lambda: len(hub.address.crowd) == 0)
        async with acknowledged(hub.port):
            pass

    async def test_one_principal_has_a_bounded_number(self, serve: Serve) -> None:
        hub = serve(sockets_per_principal=1)
        async with acknowledged(hub.port, COURT), opened(hub.port) as second:
            await second.say({**INIT, "payload": COURT})
            assert await second.closed() == (1013, "Too many sockets")
            async with acknowledged(hub.port, {"authorization": "Bearer agency"}), acknowledged(hub.port):
                pass


class TestInit:
    @pytest.mark.parametrize(
        ("payload", "viewer"),
        [
            (None, "public"),
            ({}, "public"),
            ({"authorization": None, "token": None}, "public"),
            ({"authorization": "Bearer court"}, "court"),
            ({"Authorization": "Bearer court"}, "court"),
            ({"token": "court"}, "court"),
            ({"token": "court", "authorization": "Bearer agency"}, "court"),
        ],
    )
    async def test_the_payload_says_who_it_is(self, hub: Served, payload: dict[str, Any] | None, viewer: str) -> None:
        async with acknowledged(hub.port, payload) as client:
            assert (await client.ask("{a}"))["data"]["viewer"] == viewer

    async def test_a_header_says_it_where_the_payload_does_not(self, hub: Served) -> None:
        for payload, viewer in (({}, "agency"), (COURT, "court")):
            async with opened(hub.port, headers={"authorization": "Bearer agency"}) as client:
                await client.say({**INIT, "payload": payload})
                assert await client.hear() == ACK
                assert (await client.ask("{a}"))["data"]["viewer"] == viewer

    @pytest.mark.parametrize(
        ("payload", "close"),
        [
            ({"authorization": "Bearer forged"}, (4401, "Unauthorized")),
            ({"authorization": "court"}, (4401, "Unauthorized")),
            ({"authorization": ""}, (4401, "Unauthorized")),
            ({"authorization": 7}, (4401, "Unauthorized")),
            ({"token": ["court"]}, (4401, "Unauthorized")),
            ({"authorization": "Bearer old"}, (4403, "Token expired")),
            ([], (4400, "Invalid message")),
            ("Bearer court", (4400, "Invalid message")),
        ],
    )
    async def test_a_bad_token_closes(self, hub: Served, payload: object, close: tuple[int, str]) -> None:
        async with opened(hub.port) as client:
            await client.say({**INIT, "payload": payload})
            assert await client.closed() == close

    async def test_a_second_one_is_4429(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(INIT)
            assert await client.closed() == (4429, "Too many initialisation requests")

    async def test_one_that_does_not_come_is_4408(self, serve: Serve) -> None:
        hub = serve(init_seconds=0.2)
        async with opened(hub.port) as client:
            await client.say({"type": "ping"})
            assert await client.hear() == {"type": "pong"}
            assert await client.closed() == (4408, "Connection initialisation timeout")

    async def test_one_that_came_has_no_time_limit(self, serve: Serve) -> None:
        hub = serve(init_seconds=0.2)
        async with acknowledged(hub.port) as client:
            await asyncio.sleep(0.4)
            await client.ask("{a}")

    @pytest.mark.parametrize("message", [subscribe("{a}"), {"type": "ping", "payload": {"token": "court"}}])
    async def test_nothing_runs_before_it(self, hub: Served, message: object) -> None:
        async with opened(hub.port) as client:
            await client.say(message)
            assert await client.closed() == (4401, "Unauthorized")
        assert hub.application.asked == []


class TestMessages:
    @pytest.mark.parametrize(
        "message",
        [
            "",
            "null",
            "3",
            '"x"',
            "[]",
            "{}",
            "{",
            "[" * 3000,
            '{"type": 3}',
            '{"type": "start"}',
            '{"type": "next", "id": "1"}',
            '{"type": "connection_ack"}',
            '{"type": "ping", "payload": 3}',
            '{"type": "ping", "payload": {"a": NaN}}',
            '{"type": "ping", "payload": {"a": "\\ud800"}}',
            '{"type": "complete"}',
            '{"type": "complete", "id": ["1"]}',
            '{"type": "complete", "id": ""}',
            b"{}",
            '{"type": "subscribe", "payload": {"query": "{a}"}}',
            '{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}',
            '{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}',
            '{"type": "subscribe", "id": "' + "x" * 129 + '", "payload": {"query": "{a}"}}',
            '{"type": "subscribe", "id": "1"}',
            '{"type": "subscribe", "id": "1", "payload": null}',
            '{"type": "subscribe", "id": "1", "payload": "{a}"}',
            '{"type": "subscribe", "id": "1", "payload": {}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": 3}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": null}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 1}}',
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "extensions": "x"}}',
        ],
        ids=lambda text: str(text)[:60],
    )
    async def test_what_is_no_message_is_4400(self, hub: Served, message: str | bytes) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(message)
            assert await client.closed() == (4400, "Invalid message")
        assert hub.application.asked == []

    async def test_what_is_no_utf8_is_1007(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            client.connection.protocol.send_text(b"\xff\xfe")
            await client.connection.send("x")
            assert (await client.closed())[0] == 1007

    async def test_a_frame_over_its_bound_is_1009(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say({"type": "ping", "payload": {"a": "x" * 4000}})
            assert (await client.hear())["type"] == "pong"
            await client.say({"type": "ping", "payload": {"a": "x" * 4100}})
            assert (await client.closed())[0] == 1009

    async def test_a_message_in_many_frames_is_bounded_as_a_whole(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.connection.send(["x" * 1000] * 5)
            assert (await client.closed())[0] == 1009

    @pytest.mark.parametrize("payload", [None, {}, {"at": 1, "of": ["测试"]}, {"token": None}])
    async def test_a_ping_is_answered_with_its_payload(self, hub: Served, payload: object) -> None:
        async with opened(hub.port) as client:
            await client.say({"type": "ping"} if payload is None else {"type": "ping", "payload": payload})
            assert await client.hear() == ({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})

    async def test_pongs_and_late_completes_are_taken_in_silence(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say({"type": "pong"}, {"type": "pong", "payload": {}}, {"type": "complete", "id": "9"})
            assert await client.silent()
            await client.ask("{a}")

    async def test_more_messages_than_a_second_takes_are_read_later(self, serve: Serve) -> None:
        hub = serve(messages_per_second=20)
        async with acknowledged(hub.port) as client:
            begun = time.monotonic()
            await client.say(*[{"type": "ping", "payload": {"n": number}} for number in range(40)])
            answers = await client.hear_all(40)

        assert [answer["payload"]["n"] for answer in answers] == list(range(40))
        assert 0.9 < time.monotonic() - begun < 4


class TestOperations:
    async def test_a_query_has_one_result(self, hub: Served) -> None:
        async with acknowledged(hub.port, COURT) as client:
            extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
            await client.say(subscribe("{a}", "案", operationName="A", variables={"x": 1}, extensions=extensions, more=1))
            answer, complete = await client.hear_all(2)

        told = {"query": "{a}", "operationName": "A", "variables": {"x": 1}, "extensions": extensions}
        assert answer == {"id": "案", "type": "next", "payload": {"data": {**told, "readOnly": False, "viewer": "court"}}}
        assert complete == {"id": "案", "type": "complete"}

    async def test_a_document_may_be_named_by_its_hash_alone(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say({"id": "1", "type": "subscribe", "payload": {"extensions": {"persistedQuery": {}}}})
            assert (await client.hear())["payload"]["data"]["query"] is None

    @pytest.mark.parametrize(
        ("query", "code"),
        [("{", "HUB-106"), ("forbidden", "HUB-403"), ("conflict", "HUB-505"), ("long", "HUB-506"), ("boom", "HUB-500")],
    )
    async def test_a_refused_one_is_its_own_matter(self, hub: Served, query: str, code: str) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("stream count 1 0", "other"), subscribe(query))
            messages = await client.hear_all(3)

            refused = next(message for message in messages if message["id"] == "1")
            assert (refused["type"], error(code)(refused)) == ("error", True)
            assert [message["type"] for message in messages if message["id"] == "other"] == ["next", "complete"]
            assert "370403199001011234" not in str(messages)
            # Nothing follows, and the id is free.
            await client.ask("{a}")

    async def test_a_failure_is_named_for_the_log(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("boom inside"))
            extensions = (await client.hear())["payload"][0]["extensions"]
        assert (extensions["code"], len(extensions["requestId"])) == ("INTERNAL", 16)

    @pytest.mark.parametrize("query", ["timeout inside", "cancelled inside"])
    async def test_what_breaks_inside_breaks_one_operation(self, hub: Served, query: str) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe(query))
            assert error("HUB-500")(await client.hear())
            await client.ask("{a}")

    async def test_field_errors_are_part_of_the_result(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            assert await client.ask("field error") == {"data": {"a": None}, "errors": [{"message": "no", "path": ["a"]}]}

    async def test_one_that_takes_too_long_is_ended(self, serve: Serve) -> None:
        hub = serve(deadline_seconds=0.2)
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("wait"), subscribe("stream slow", "2"))
            messages = await client.hear_all(2)
        assert all(error("HUB-502")(message) for message in messages)

    async def test_an_id_in_use_is_4409(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("wait"), subscribe("{a}"))
            assert await client.closed() == (4409, "Subscriber already exists")
        assert hub.application.cancelled.acquire(timeout=5)

    async def test_one_too_many_is_refused_and_the_others_stay(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(*[subscribe("stream held", str(number)) for number in range(6)])
            refused = await client.hear()
            assert (refused["id"], refused["type"], error("HUB-601")(refused)) == ("5", "error", True)

            await client.say({"type": "complete", "id": "0"}, subscribe("{a}", "5"))
            assert (await client.hear())["id"] == "5"

    async def test_turns_are_shared_with_http(self, serve: Serve) -> None:
        hub = serve(waiting_per_principal=1)
        async with acknowledged(hub.port, COURT) as client:
            await client.say(subscribe("wait"))
            assert hub.application.begun.acquire(timeout=5)
            assert (await asyncio.to_thread(hub.post, "{a}", authorization="Bearer court")).status_code == 429
            await client.say(subscribe("{a}", "2"))
            assert error("HUB-113")(await client.hear())
            # A stream takes no turn.
            await client.say(subscribe("stream count 1", "3"))
            assert (await client.hear())["id"] == "3"
            hub.application.go.set()

    async def test_a_completed_query_is_cancelled_and_its_id_is_free(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("wait"), {"type": "complete", "id": "1"}, subscribe("{a}"))
            answer, complete = await client.hear_all(2)
            assert (answer["payload"]["data"]["query"], complete["type"]) == ("{a}", "complete")
            assert hub.application.cancelled.acquire(timeout=5)
            assert await client.silent()
            assert hub.endpoint.asking.turns.present == 0

    async def test_a_client_that_leaves_ends_what_runs(self, hub: Served) -> None:
        async with acknowledged(hub.port) as client:
            await client.say(subscribe("wait"), subscribe("stream held", "2"))
            assert hub.application.begun.acquire(timeout=5)
            client.connection.transport.abort()
        assert hub.application.cancelled.acquire(timeout=5)
        await until(lambda: hub.application.streams[0].closed == 1 and len(hub.address.crowd) == 0)
        assert hub.endpoint.asking.turns.present == 0


class TestTokens:
    async def test_the_acknowledgement_tells_when_it_ends(self, hub: Served) -> None:
        hub.application.expiries["court"] = int(time.time()) + 3600
        async with opened(hub.port) as client:
            await client.say({**INIT, "payload": COURT})
            assert await client.hear() == {**ACK, "payload": {"exp": hub.application.expiries["court"]}}
            assert await client.silent()

    async def test_the_end_is_announced_and_closes(self, hub: Served) -> None:
        hub.application.expiries["court"] = time.time() + 0.4
        async with acknowledged(hub.port, COURT) as client:
            warned = await client.hear()
            await client.say(subscribe("stream held", "1"))
            assert (warned["type"], warned["payload"]) == ("ping", {"exp": int(hub.application.expiries["court"])})
            assert await client.closed() == (4403, "Token expired")
            assert time.time() >= hub.application.expiries["court"]
        await until(lambda: hub.application.streams[0].closed == 1)

    async def test_a_ping_with_a_token_renews_it(self, hub: Served) -> None:
        hub.application.expiries["court"] = time.time() + 0.5
        async with acknowledged(hub.port, COURT) as client:
            assert (await client.hear())["type"] == "ping"
            later = int(time.time()) + 3600
            hub.application.expiries["court"] = later
            await client.say({"type": "ping", "payload": {"token": "court"}})
            assert await client.hear() == {"type": "pong", "payload": {"exp": later}}
            await asyncio.sleep(0.7)
            await client.ask("{a}")

    async def test_it_is_told_as_long_before_as_the_hub_says(self, serve: Serve) -> None:
        hub = serve(warning_seconds=1000)
        hub.application.expiries["court"] = time.time() + 900
        async with acknowledged(hub.port, COURT) as client:
            assert (await client.hear())["type"] == "ping"
            assert await client.silent()

    async def test_who_renews_over_and_over_is_warned_once(self, hub: Served) -> None:
        due = hub.application.expiries["court"] = int(time.time()) + 30
        async with acknowledged(hub.port, COURT) as client:
            await client.say(*[{"type": "ping", "payload": {"token": "court"}} for _ in range(200)])
            heard = await client.hear_all(201)
            assert heard[0] == {"type": "ping", "payload": {"exp": due}}
            assert heard[1:] == [{"type": "pong", "payload": {"exp": due}}] * 200
            assert await client.silent()

    async def test_a_token_that_comes_too_late_renews_nothing(self, hub: Served) -> None:
        """The clock may have jumped past the end before the timer noticed."""
        begun = time.time()
        hub.application.expiries["court"] = begun + 3600
        async with acknowledged(hub.port, COURT) as client:
            hub.clock.ahead = 3601
            hub.application.expiries["court"] = begun + 9000
            await client.say({"type": "ping", "payload": {"token": "court"}}, subscribe("{a}"))
            assert await client.closed() == (4403, "Token expired")
        assert hub.application.asked == []

    @pytest.mark.parametrize(
        ("token", "close"),
        [
            ("forged", (4401, "Unauthorized")),
            ("agency", (4401, "Unauthorized")),
            (7, (4401, "Unauthorized")),
            ("old", (4403, "Token expired")),
        ],
    )
    async def test_a_bad_one_or_somebody_elses_closes(self, hub: Served, token: object, close: tuple[int, str]) -> None:
        async with acknowledged(hub.port, COURT) as client:
            await client.say({"type": "ping", "payload": {"token": token}})
            assert await client.closed() == close


class TestHttpBeside:
    async def test_a_get_without_an_upgrade_stays_http(self, hub: Served) -> None:
        answer = await asyncio.to_thread(hub.client.get, "/graphql?query={a}")
        assert answer.status_code == 200

    async def test_no_extension_is_agreed_on(self, hub: Served) -> None:
        headers = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            "sec-websocket-protocol": PROTOCOL,
            "sec-websocket-extensions": "permessage-deflate",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

        def shake() -> bytes:
            with hub.connect() as connection:
                connection.sendall(f"GET /graphql HTTP/1.1\r\nhost: x\r\n{head}\r\n".encode())
                return connection.recv(4096)

        answer = await asyncio.to_thread(shake)
        assert b" 101 " in answer
        assert b"extensions" not in answer.lower()
        assert b"server:" not in answer.lower()


async def until(condition: Any, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
