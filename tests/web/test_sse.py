"""Server-sent events as PROTOCOL.md tells it: by POST, by GET, with a ticket; bounded, resumable, never in the way."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import orjson
import pytest
from tests.web.conftest import Serve, Served

EVENTS = {"accept": "text/event-stream"}
COURT = {"authorization": "Bearer court"}


@contextmanager
def streaming(hub: Served, query: str, *, method: str = "POST", **more: Any) -> Iterator[httpx2.Response]:
    headers = {**EVENTS, **more.pop("headers", {})}
    if method == "GET":
        with hub.client.stream("GET", "/graphql", params={"query": query, **more}, headers=headers) as answer:
            yield answer
    else:
        with hub.client.stream("POST", "/graphql", json={"query": query, **more}, headers=headers) as answer:
            yield answer


def events(hub: Served, query: str, **more: Any) -> str:
    """The whole text of a stream that ends."""
    with streaming(hub, query, **more) as answer:
        assert answer.status_code == 200
        answer.read()
        return answer.text


def until(condition: Any, seconds: float = 5) -> None:
    due = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < due
        time.sleep(0.01)


class TestFormat:
    def test_a_stream_to_its_last_byte(self, hub: Served) -> None:
        assert events(hub, "stream count 2") == (
            "retry: 2000\n\n"
            'id: c1\nevent: next\ndata: {"data":{"n":1}}\n\n'
            'id: c2\nevent: next\ndata: {"data":{"n":2}}\n\n'
            "event: complete\ndata: \n\n"
        )

    def test_its_headers_keep_proxies_from_holding_it_back(self, hub: Served) -> None:
        with streaming(hub, "stream count 1") as answer:
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-accel-buffering"] == "no"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert len(answer.headers["x-request-id"]) == 16
            assert "content-length" not in answer.headers

    def test_a_query_is_one_event(self, hub: Served) -> None:
        text = events(hub, "field error")
        assert text.endswith(
            'id: 1\nevent: next\ndata: {"data":{"a":null},"errors":[{"message":"no","path":["a"]}]}\n\nevent: complete\ndata: \n\n'
        )

    def test_a_mutation_may_be_posted_and_not_fetched(self, hub: Served) -> None:
        assert "event: next" in events(hub, "mutation{a}")
        with streaming(hub, "mutation{a}", method="GET") as answer:
            assert (answer.status_code, orjson.loads(answer.read())["errors"][0]["extensions"]["hub"]) == (405, "HUB-105")

    def test_a_document_in_lines_stays_one_line_of_data(self, hub: Served) -> None:
        """PostgreSQL's json_agg breaks lines between elements."""
        text = events(hub, "lines")
        assert 'data: {"data":[1,   2,  3]}\n' in text

    def test_an_end_with_errors_is_told_and_completed(self, hub: Served) -> None:
        assert events(hub, "stream refusing 1").endswith(
            'id: c1\nevent: next\ndata: {"errors":[{"message":"over"}]}\n\nevent: complete\ndata: \n\n'
        )

    def test_one_that_breaks_says_nothing_of_its_reason(self, hub: Served) -> None:
        text = events(hub, "stream broken")
        assert '"code":"INTERNAL"' in text
        assert "370403" not in text
        assert text.endswith("event: complete\ndata: \n\n")
        assert hub.application.streams[0].closed == 1


class TestBefore:
    @pytest.mark.parametrize(
        ("query", "code"),
        [("{", "HUB-106"), ("stream forbidden", "HUB-403"), ("conflict", "HUB-505"), ("long", "HUB-506")],
    )
    def test_a_refused_operation_is_told_as_an_event(self, hub: Served, query: str, code: str) -> None:
        """Clients of streams take another status for a network that failed, and ask five times more."""
        text = events(hub, query)
        assert text.startswith('id: 1\nevent: next\ndata: {"errors":[{"message":')
        assert f'"hub":"{code}"' in text
        assert text.endswith("}\n\nevent: complete\ndata: \n\n")
        assert len(hub.address.crowd) == 0

    @pytest.mark.parametrize(
        ("query", "headers", "status", "code"),
        [
            ("boom", {}, 500, "HUB-500"),
            (3, {}, 400, "HUB-101"),
            ("{a}", {"authorization": "Bearer forged"}, 401, "HUB-401"),
            ("{a}", {"authorization": "Bearer old"}, 401, "HUB-402"),
            ("{a}", {"content-type": "text/plain"}, 415, "HUB-103"),
        ],
    )
    def test_what_http_has_a_status_for_is_an_ordinary_answer(
        self, hub: Served, query: Any, headers: dict[str, str], status: int, code: str
    ) -> None:
        with streaming(hub, query, headers=headers) as answer:
            document = orjson.loads(answer.read())
        assert (answer.status_code, document["errors"][0]["extensions"]["hub"]) == (status, code)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert len(hub.address.crowd) == 0

    def test_who_merely_lists_events_gets_json(self, hub: Served) -> None:
        answer = hub.post("{a}", accept="application/json, text/event-stream")
        assert answer.headers["content-type"] == "application/json; charset=utf-8"

    def test_one_principal_has_a_bounded_number(self, serve: Serve) -> None:
        hub = serve(sockets_per_principal=1)
        with streaming(hub, "stream held", headers=COURT):
            with streaming(hub, "{a}", headers=COURT) as second:
                assert (second.status_code, orjson.loads(second.read())["errors"][0]["extensions"]["hub"]) == (429, "HUB-603")
            assert "event: next" in events(hub, "{a}", headers={"authorization": "Bearer agency"})
        until(lambda: len(hub.address.crowd) == 0)
        assert "event: next" in events(hub, "{a}", headers=COURT)

    def test_a_full_hub_says_so(self, serve: Serve) -> None:
        hub = serve(sockets=1)
        with streaming(hub, "stream held"), streaming(hub, "{a}") as second:
            assert second.status_code == 503


class TestResuming:
    def test_the_last_id_stands_for_the_cursor(self, hub: Served) -> None:
        events(hub, "stream count 1", headers={"last-event-id": "c7"})
        events(hub, "stream count 1", headers={"last-event-id": "c8"}, extensions={"resume": {"consumer": "k", "after": "c1"}})
        events(hub, "stream count 1", extensions={"resume": {"after": "c1"}})

        assert [question.extensions["resume"] for question in hub.application.asked] == [
            {"after": "c7"},
            {"consumer": "k", "after": "c8"},
            {"after": "c1"},
        ]

    def test_extensions_that_are_none_of_ours_do_no_harm(self, hub: Served) -> None:
        events(hub, "stream count 1", headers={"last-event-id": "c7"}, extensions={"resume": [1]})
        assert hub.application.asked[0].extensions == {"resume": {"after": "c7"}}


class TestTickets:
    def ticket(self, hub: Served, query: str = "stream count 1", **headers: str) -> str:
        answer = hub.client.post("/graphql/ticket", json={"query": query, "variables": {"a": 1}}, headers=headers)
        assert answer.status_code == 200
        told = answer.json()["data"]
        assert told["seconds"] == 60
        found: str = told["ticket"]
        return found

    def get(self, hub: Served, ticket: str, **headers: str) -> httpx2.Response:
        return hub.client.get("/graphql", params={"ticket": ticket}, headers={**EVENTS, **headers})

    def test_it_opens_the_stream_of_the_one_who_asked(self, hub: Served) -> None:
        answer = self.get(hub, self.ticket(hub, "{a}", **COURT))

        assert answer.status_code == 200
        data = orjson.loads(answer.text.split("data: ")[1].split("\n")[0])["data"]
        assert (data["viewer"], data["query"], data["variables"], data["readOnly"]) == ("court", "{a}", {"a": 1}, True)

    def test_it_opens_once(self, hub: Served) -> None:
        ticket = self.ticket(hub)
        assert self.get(hub, ticket).status_code == 200
        answer = self.get(hub, ticket)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (401, "HUB-602")

    @pytest.mark.parametrize("ticket", ["", "x", "x" * 3000, "é"])
    def test_any_other_text_is_none(self, hub: Served, ticket: str) -> None:
        answer = self.get(hub, ticket)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) in {(401, "HUB-602"), (400, "HUB-101")}

    def test_it_opens_nothing_later(self, serve: Serve) -> None:
        hub = serve(ticket_seconds=0.2)
        ticket = hub.client.post("/graphql/ticket", json={"query": "{a}"}).json()["data"]["ticket"]
        time.sleep(0.3)
        assert self.get(hub, ticket).status_code == 401

    def test_it_ends_with_the_token_behind_it(self, hub: Served) -> None:
        hub.application.expiries["court"] = time.time() + 0.2
        ticket = self.ticket(hub, **COURT)
        time.sleep(0.3)
        assert self.get(hub, ticket).status_code == 401

    def test_it_changes_nothing(self, hub: Served) -> None:
        assert self.get(hub, self.ticket(hub, "mutation{a}", **COURT)).status_code == 405

    def test_it_resumes(self, hub: Served) -> None:
        self.get(hub, self.ticket(hub), **{"last-event-id": "c9"})
        assert hub.application.asked[0].extensions == {"resume": {"after": "c9"}}

    def test_it_is_given_to_who_may_ask(self, hub: Served) -> None:
        body = {"query": "{a}"}
        assert hub.client.post("/graphql/ticket", json=body, headers={"authorization": "Bearer x"}).status_code == 401
        assert hub.client.post("/graphql/ticket", content=b"{}").status_code == 415
        assert hub.client.post("/graphql/ticket", json=[]).status_code == 400
        assert hub.client.get("/graphql/ticket?query={a}").status_code == 405
        assert hub.client.post("/graphql/ticket", json=body, headers=EVENTS).status_code == 406

    def test_nobody_gathers_them(self, hub: Served) -> None:
        for _ in range(20):
            self.ticket(hub, **COURT)
        answer = hub.client.post("/graphql/ticket", json={"query": "{a}"}, headers=COURT)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (429, "HUB-113")
        self.ticket(hub, authorization="Bearer agency")

    def test_it_is_for_streams_only(self, hub: Served) -> None:
        answer = hub.client.get("/graphql", params={"ticket": self.ticket(hub)})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (400, "HUB-101")


class TestLife:
    def test_what_comes_later_is_written_when_it_comes(self, hub: Served) -> None:
        with streaming(hub, "stream held") as answer:
            lines = answer.iter_lines()
            assert [next(lines), next(lines)] == ["retry: 2000", ""]
            hub.application.streams[0].release(1)
            assert [next(lines) for _ in range(3)] == ["id: c1", "event: next", 'data: {"data":{"n":1}}']

    def test_a_quiet_stream_beats(self, serve: Serve) -> None:
        hub = serve(heartbeat_seconds=0.05)
        with streaming(hub, "stream held") as answer:
            lines = answer.iter_lines()
            assert [next(lines) for _ in range(6)] == ["retry: 2000", "", ":", "", ":", ""]

    def test_it_ends_when_the_token_does(self, hub: Served) -> None:
        hub.application.expiries["court"] = time.time() + 0.3
        text = events(hub, "stream held", headers=COURT)
        assert text.startswith('retry: 2000\n\nid: 1\nevent: next\ndata: {"errors":[{"message":"令牌已过期')
        assert '"HUB-402"' in text
        assert text.endswith("}]}\n\n")
        assert time.time() >= hub.application.expiries["court"]
        assert hub.application.streams[0].closed == 1

    def test_it_ends_when_the_process_does(self, hub: Served) -> None:
        with streaming(hub, "stream held") as answer:
            hub.server.should_exit = True
            assert answer.read() == b"retry: 2000\n\n"

    def test_it_ends_when_the_client_leaves(self, hub: Served) -> None:
        with streaming(hub, "stream held"):
            until(lambda: hub.application.streams)
        until(lambda: hub.application.streams[0].closed == 1 and len(hub.address.crowd) == 0)

    def test_one_that_opens_ends_when_the_client_leaves(self, hub: Served) -> None:
        with hub.connect() as connection:
            connection.sendall(request("stream slow"))
            assert hub.application.begun.acquire(timeout=5)
        assert hub.application.cancelled.acquire(timeout=5)
        until(lambda: len(hub.address.crowd) == 0)


def request(query: str) -> bytes:
    body = orjson.dumps({"query": query})
    head = "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class TestSlowReaders:
    def stalled(self, hub: Served) -> socket.socket:
        connection = hub.connect()
        connection.sendall(request("stream count 1000000 10000"))
        until(lambda: hub.application.streams)
        return connection

    def test_one_that_does_not_read_is_not_pulled_for(self, hub: Served) -> None:
        with self.stalled(hub):
            stream = hub.application.streams[0]
            time.sleep(0.5)
            given = stream.given
            time.sleep(0.3)
            assert stream.given == given < 2000
            # And nobody is harmed.
            assert events(hub, "stream count 300").count("event: next") == 300

    def test_one_that_takes_nothing_for_long_is_given_up(self, serve: Serve) -> None:
        hub = serve(stalled_seconds=0.3)
        with self.stalled(hub):
            until(lambda: hub.application.streams[0].closed == 1 and len(hub.address.crowd) == 0)
            until(lambda: not [one for one in hub.server.server_state.connections if one.transport.get_write_buffer_size()])

    def test_a_quiet_one_is_not(self, serve: Serve) -> None:
        hub = serve(stalled_seconds=0.2)
        with streaming(hub, "stream held") as answer:
            time.sleep(0.5)
            hub.application.streams[0].release(1)
            assert b"event: complete" in answer.read()


async def test_200_streams_at_once(hub: Served) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{hub.port}", timeout=30, limits=httpx2.Limits()) as client:

        async def one() -> int:
            answer = await client.post("/graphql", json={"query": "stream count 5"}, headers=EVENTS)
            return answer.text.count("event: next")

        assert await asyncio.gather(*(one() for _ in range(200))) == [5] * 200
