"""Whatever happens, one JSON document goes out, with the status that its media type and its errors call for."""

import socket
import time
from collections.abc import Callable

import orjson
import pytest
from structlog.testing import capture_logs
from tests.web.conftest import Serve, Served, read_answer

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
PERSONAL = ("370403199001011234", "13900001111")
POST = b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"


def sent(query: str, *, head: bytes = b"") -> bytes:
    body = orjson.dumps({"query": query})
    return POST + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def told(answer: bytes) -> tuple[int, dict[str, object]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), orjson.loads(body)


class TestStatuses:
    @pytest.mark.parametrize(
        ("query", "as_graphql", "as_json", "code"),
        [
            ("{a}", 200, 200, None),
            ("field error", 200, 200, None),
            ("{", 400, 200, "HUB-106"),
            ("forbidden", 200, 200, "HUB-403"),
            ("conflict", 409, 200, "HUB-505"),
            ("long", 400, 200, "HUB-506"),
            ("boom", 500, 500, "HUB-500"),
            ("boom inside", 500, 500, "HUB-500"),
            ("timeout inside", 500, 500, "HUB-500"),
            ("cancelled inside", 500, 500, "HUB-500"),
        ],
    )
    def test_the_media_type_decides_the_status(
        self, hub: Served, query: str, as_graphql: int, as_json: int, code: str | None
    ) -> None:
        for accept, status in ((GRAPHQL, as_graphql), (JSON, as_json)):
            answer = hub.post(query, accept=accept)
            assert (answer.status_code, answer.headers["content-type"]) == (status, f"{accept}; charset=utf-8")
            document = answer.json()
            assert ("data" in document) is (code is None)
            if code:
                assert document["errors"][0]["extensions"]["hub"] == code

    @pytest.mark.parametrize(
        ("headers", "status", "code"),
        [
            ({"content-type": "text/plain"}, 415, "HUB-103"),
            ({"content-encoding": "gzip"}, 415, "HUB-103"),
            ({"accept": "multipart/mixed"}, 406, "HUB-104"),
            ({"authorization": "Bearer forged"}, 401, "HUB-401"),
            ({"authorization": "Bearer old"}, 401, "HUB-402"),
            ({"authorization": "court"}, 401, "HUB-401"),
            ({"authorization": ""}, 401, "HUB-401"),
        ],
    )
    def test_what_is_wrong_with_the_request_is_told_whatever_is_accepted(
        self, hub: Served, headers: dict[str, str], status: int, code: str
    ) -> None:
        for accept in (JSON, GRAPHQL):
            answer = hub.post("{a}", **{"accept": accept, **headers})
            assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (status, code)
            assert answer.headers["connection"] == "close"
        assert hub.application.asked == []

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE", "QUERY"])
    def test_other_methods_are_named_their_alternatives(self, hub: Served, method: str) -> None:
        answer = hub.client.request(method, "/graphql")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, POST, OPTIONS"

    def test_options_names_the_methods_and_asks_nothing(self, hub: Served) -> None:
        answer = hub.client.options("/graphql")
        assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, POST, OPTIONS", b"")
        assert "access-control-allow-origin" not in answer.headers

    def test_a_mutation_by_get_is_told_to_be_posted(self, hub: Served) -> None:
        answer = hub.client.get("/graphql", params={"query": "mutation{a}"})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.json()["errors"][0]["extensions"]["hub"] == "HUB-105"

    def test_two_tokens_are_none(self, hub: Served) -> None:
        head = b"Authorization: Bearer court\r\nAuthorization: Bearer agency\r\n"
        assert told(hub.raw(sent("{a}", head=head)))[0] == 401


class TestDocuments:
    def test_an_error_is_a_message_a_path_and_two_codes(self, hub: Served) -> None:
        assert hub.post("forbidden").json() == {
            "errors": [
                {
                    "message": "需要权限 schema.read · The permission schema.read is needed.",
                    "path": ["a", 0],
                    "extensions": {"code": "FORBIDDEN", "hub": "HUB-403"},
                }
            ]
        }

    def test_a_failure_names_its_request_and_nothing_of_its_text(self, hub: Served) -> None:
        for query in ("boom", "boom inside"):
            with capture_logs() as logs:
                answer = hub.post(query)
            (error,) = answer.json()["errors"]
            assert error["message"] == "内部错误 · Internal error."
            assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
            (record,) = [log for log in logs if log["log_level"] == "error"]
            assert record["failure"][0].startswith(("ValueError ", "RuntimeError "))
            for text in PERSONAL:
                assert text not in answer.text
                assert text not in str(logs)

    def test_a_cause_is_logged_with_its_place(self, hub: Served) -> None:
        with capture_logs() as logs:
            hub.post("boom inside")
        (record,) = [log for log in logs if log["log_level"] == "error"]
        first, second = record["failure"]
        assert first.startswith("RuntimeError ")
        assert second.startswith("KeyError ")
        assert "conftest.py:" in second

    def test_a_refusal_is_one_line_without_values(self, hub: Served) -> None:
        with capture_logs() as logs:
            hub.post_body(b'{"query": 13900001111}')
            hub.post("conflict")
            hub.post("{")
            hub.post("{a}")
        assert [(log["log_level"], log["event"], log["status"]) for log in logs] == [
            ("info", "request refused", 400),
            ("info", "request refused", 409),
            ("info", "request refused", 200),
        ]
        assert logs[0]["code"] == "HUB-101"
        assert "13900001111" not in str(logs)

    def test_an_answer_goes_out_untouched(self, hub: Served) -> None:
        assert hub.post("field error").content == b'{"data":{"a":null},"errors":[{"message":"no","path":["a"]}]}'


class TestHeaders:
    def test_every_answer_carries_them(self, hub: Served) -> None:
        answers = [
            hub.post("{a}"),
            hub.post("{"),
            hub.post("boom"),
            hub.post_body(b"null"),
            hub.post("{a}", authorization="Bearer forged"),
            hub.client.get("/graphql", params={"query": "{a}"}),
            hub.client.put("/graphql"),
        ]
        for answer in answers:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["vary"] == "Accept, Authorization"
            assert int(answer.headers["content-length"]) == len(answer.content)
            assert "server" not in answer.headers
            assert "set-cookie" not in answer.headers
        assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)

    def test_the_application_may_add_its_own(self, hub: Served) -> None:
        assert hub.post("{a}").headers["server-timing"] == "plan;dur=1"

    def test_a_missing_token_is_asked_for(self, hub: Served) -> None:
        assert hub.post("{a}", authorization="Bearer old").headers["www-authenticate"] == "Bearer"

    def test_a_connection_serves_one_request_after_another(self, hub: Served) -> None:
        with hub.connect() as connection:
            for query in ("{a}", "{", "boom", "{a}"):
                connection.sendall(sent(query))
                assert read_answer(connection).startswith(b"HTTP/1.1 ")

    def test_a_connection_ends_where_the_rest_of_a_body_may_follow(self, hub: Served) -> None:
        with hub.connect() as connection:
            connection.sendall(sent("{a}", head=b"Authorization: Bearer forged\r\n"))
            assert read_answer(connection).startswith(b"HTTP/1.1 401")
            connection.settimeout(5)
            assert connection.recv(1) == b""


class TestViewers:
    def test_a_token_is_whose_it_is_and_none_is_the_public(self, hub: Served) -> None:
        assert hub.post("{a}", authorization="Bearer court").json()["data"]["viewer"] == "court"
        assert hub.post("{a}").json()["data"]["viewer"] == "public"
        assert hub.client.get("/graphql?query={a}").json()["data"]["viewer"] == "public"

    def test_a_cookie_is_nobody(self, hub: Served) -> None:
        assert hub.post("{a}", cookie="token=court; authorization=Bearer court").json()["data"]["viewer"] == "public"

    @pytest.mark.parametrize(
        "head",
        [
            b"Content-Type: text/plain\r\n",
            b"Content-Type: application/x-www-form-urlencoded\r\n",
            b"Content-Type: multipart/form-data; boundary=x\r\n",
            b"",
        ],
    )
    def test_what_any_page_could_post_is_never_asked(self, hub: Served, head: bytes) -> None:
        body = b'{"query":"{a}"}'
        raw = b"POST /graphql HTTP/1.1\r\nHost: hub\r\nOrigin: http://evil\r\nCookie: a=b\r\n" + head
        assert told(hub.raw(raw + b"Content-Length: %d\r\n\r\n" % len(body) + body))[0] == 415
        assert hub.application.asked == []


class TestTime:
    def test_work_ends_at_the_deadline(self, serve: Serve) -> None:
        hub = serve(deadline_seconds=0.3)
        answer = hub.post("wait", accept=GRAPHQL)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (503, "HUB-502")
        assert hub.application.cancelled.acquire(timeout=5)
        assert hub.endpoint.asking.turns.present == 0

    def test_the_deadline_holds_under_json_too(self, serve: Serve) -> None:
        assert serve(deadline_seconds=0.1).post("wait", accept=JSON).status_code == 503

    def test_work_ends_with_its_client(self, hub: Served) -> None:
        with capture_logs() as logs:
            connection = hub.connect()
            connection.sendall(sent("wait"))
            assert hub.application.begun.acquire(timeout=5)
            connection.close()
            assert hub.application.cancelled.acquire(timeout=5)
            until(lambda: hub.endpoint.asking.turns.present == 0)
        assert [log for log in logs if log["log_level"] == "error"] == []
        assert hub.post("{a}").status_code == 200

    def test_a_client_that_resets_its_connection_has_left_too(self, hub: Served) -> None:
        connection = hub.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.sendall(sent("wait"))
        assert hub.application.begun.acquire(timeout=5)
        connection.close()
        assert hub.application.cancelled.acquire(timeout=5)

    def test_nothing_is_left_behind(self, hub: Served) -> None:
        before = hub.post("tasks").json()["data"]
        for _ in range(10):
            connection = hub.connect()
            connection.sendall(sent("wait"))
            assert hub.application.begun.acquire(timeout=5)
            connection.close()
            assert hub.application.cancelled.acquire(timeout=5)
        until(lambda: hub.post("tasks").json()["data"] <= before)


class TestCrowds:
    def test_a_principal_beyond_its_bound_is_refused_and_another_is_not(self, hub: Served) -> None:
        crowd = [hub.connect() for _ in range(8)]
        for connection in crowd:
            connection.sendall(sent("wait", head=b"Authorization: Bearer court\r\n"))
        for _ in crowd:
            assert hub.application.begun.acquire(timeout=5)

        refused = hub.post("{a}", authorization="Bearer court")
        other = hub.post("{a}", authorization="Bearer agency")
        public = hub.post("{a}")

        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.json()["errors"][0]["extensions"] == {"code": "TOO_MANY_REQUESTS", "hub": "HUB-113"}
        assert (other.status_code, public.status_code) == (200, 200)
        hub.application.go.set()
        assert all(told(read_answer(connection))[0] == 200 for connection in crowd)
        assert hub.post("{a}", authorization="Bearer court").status_code == 200
        for connection in crowd:
            connection.close()

    def test_a_refused_document_gives_its_turn_back(self, serve: Serve) -> None:
        hub = serve(waiting_per_principal=1)
        for query in ("{", "forbidden", "boom", "long", "cancelled inside", "{a}"):
            assert hub.post(query).status_code != 429
        assert hub.endpoint.asking.turns.present == 0


def until(true: Callable[[], bool], *, seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.005)
