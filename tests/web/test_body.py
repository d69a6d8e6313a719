"""What is no GraphQL request is refused with a code, whatever its bytes are, and nothing is asked."""

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import Serve, Served, read_answer

from hub.web.body import nested_too_deeply

JSON_HEAD = b"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
MALFORMED = {
    "nothing": b"",
    "a blank": b" ",
    "null": b"null",
    "a number": b"1",
    "a negative zero": b"-0",
    "a string": b'"x"',
    "true": b"true",
    "an empty list": b"[]",
    "a batch": b'[{"query":"{a}"},{"query":"{b}"}]',
    "a mixed batch": b"[1,null,{}]",
    "an empty object": b"{}",
    "half an object": b'{"query":"{a}"',
    "two objects": b'{"query":"{a}"}{"query":"{a}"}',
    "a trailing comma": b'{"query":"{a}",}',
    "a comment": b'{"query":"{a}"/**/}',
    "single quotes": b"{'query':'{a}'}",
    "the bare document": b"{a}",
    "a form": b"query=%7Ba%7D",
    "query null": b'{"query":null}',
    "query a number": b'{"query":1}',
    "query a list": b'{"query":["{a}"]}',
    "query an object": b'{"query":{"a":1}}',
    "query false": b'{"query":false}',
    "variables a list": b'{"query":"{a}","variables":[]}',
    "variables a string": b'{"query":"{a}","variables":"{}"}',
    "variables zero": b'{"query":"{a}","variables":0}',
    "operationName a number": b'{"query":"{a}","operationName":1}',
    "operationName false": b'{"query":"{a}","operationName":false}',
    "extensions a list": b'{"query":"{a}","extensions":[1]}',
    "extensions a string": b'{"query":"{a}","extensions":"x"}',
    "only empty extensions": b'{"extensions":{}}',
    "invalid UTF-8": b'{"query":"{a \xff}"}',
    "overlong UTF-8": b'{"query":"{a \xc0\xaf}"}',
    "a surrogate in UTF-8": b'{"query":"{a \xed\xa0\x80}"}',
    "an escaped surrogate": b'{"query":"{a}","operationName":"\\ud800"}',
    "a byte order mark": b'\xef\xbb\xbf{"query":"{a}"}',
    "UTF-16": '{"query":"{a}"}'.encode("utf-16"),
    "UTF-32": '{"query":"{a}"}'.encode("utf-32"),
    "a NUL byte": b'{"query":"{a}"}\x00',
    "a raw line break in a string": b'{"query":"{a\n}"}',
    "NaN": b'{"query":"{a}","variables":{"x":NaN}}',
    "Infinity": b'{"query":"{a}","variables":{"x":-Infinity}}',
    "a number beyond all": b'{"query":"{a}","variables":{"x":1e400}}',
    "an integer of 100,000 digits": b'{"query":"{a}","variables":{"x":' + b"9" * 100_000 + b"}}",
    "lists 100,000 deep": b'{"query":"{a}","variables":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "objects 20,000 deep": b'{"query":"{a}","variables":' + b'{"x":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    "only openings": b"[" * 300_000,
    "only closings": b"]" * 300_000,
    "escaped quotes without end": b'{"query":"' + b'\\"' * 100_000,
    "one level too many": b'{"query":"{a}","variables":' + b'{"x":' * 64 + b"1" + b"}" * 64 + b"}",
}


@pytest.fixture
def roomy(serve: Serve) -> Served:
    return serve(body_bytes=524_288)


def test_every_malformed_body_is_a_400_with_its_code(roomy: Served) -> None:
    for name, body in MALFORMED.items():
        for accept in ("application/json", "application/graphql-response+json"):
            answer = roomy.post_body(body, accept=accept)
            assert (answer.status_code, code(answer.json())) == (400, "HUB-101"), name
            assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
            assert "data" not in answer.json()
    assert roomy.application.asked == []


def test_the_deepest_allowed_json_is_read(roomy: Served) -> None:
    body = b'{"query":"{a}","variables":' + b'{"x":' * 63 + b"1" + b"}" * 63 + b"}"
    assert roomy.post_body(body).status_code == 200


def test_brackets_in_strings_are_no_depth(roomy: Served) -> None:
    query = '{a(b: "\\"[[[") ' + "{" * 500
    assert roomy.post(query).json()["data"]["query"] == query


def test_members_may_be_null_absent_unknown_or_repeated(hub: Served) -> None:
    body = b'{"query":"{a}","query":"{b}","variables":null,"operationName":null,"extensions":null,"more":[1]}'
    told = hub.post_body(body).json()["data"]
    assert told["query"] == "{b}"
    assert (told["variables"], told["operationName"], told["extensions"]) == ({}, None, {})


def test_every_member_arrives_as_sent(hub: Served) -> None:
    sent = {"query": "query Q{a}", "operationName": "Q", "variables": {"x": ["漏水", 1.5, None]}, "extensions": {"p": {}}}
    told = hub.post_body(orjson.dumps(sent)).json()["data"]
    assert {name: told[name] for name in sent} == sent
    assert told["readOnly"] is False


def test_a_known_document_may_be_named_instead_of_sent(hub: Served) -> None:
    told = hub.post_body(b'{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}').json()["data"]
    assert told["query"] is None
    assert told["extensions"]["persistedQuery"]["sha256Hash"] == "ab"


def test_a_body_of_exactly_the_bound_is_read_and_one_byte_more_is_not(hub: Served) -> None:
    body = b'{"query":"{a}"}'
    assert hub.post_body(body + b" " * (4096 - len(body))).status_code == 200
    assert hub.post_body(body + b" " * (4097 - len(body))).status_code == 413


def test_a_declared_size_beyond_the_bound_is_refused_before_a_byte_is_sent(hub: Served) -> None:
    for length in (b"4097", b"9" * 30):
        answer = hub.raw(JSON_HEAD + b"Expect: 100-continue\r\nContent-Length: " + length + b"\r\n\r\n")
        assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))
    answer = hub.raw(JSON_HEAD + b"Expect: 100-continue\r\nContent-Length: 4097\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"hub":"HUB-102"' in answer


def test_a_body_without_a_size_is_refused_while_it_streams(hub: Served) -> None:
    with hub.connect() as connection:
        connection.sendall(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 64_000_000:
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
        answer = read_answer(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"hub":"HUB-102"' in answer
    assert sent < 32_000_000
    assert hub.post("{a}").status_code == 200


@pytest.mark.parametrize("head", [b"", b"Authorization: Bearer forged\r\n", b"Content-Encoding: gzip\r\n"])
def test_a_client_that_sends_all_before_it_reads_gets_its_refusal(hub: Served, head: bytes) -> None:
    with hub.connect() as connection:
        connection.sendall(JSON_HEAD + head + b"Content-Length: 10000000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" " * 100_000)
        answer = read_answer(connection)
        assert connection.recv(1) == b""
    assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 401 ", b"HTTP/1.1 415 "))
    assert orjson.loads(answer.partition(b"\r\n\r\n")[2])["errors"]


def test_a_body_that_drips_is_given_up(serve: Serve) -> None:
    hub = serve(body_seconds=0.3)
    with hub.connect() as connection:
        connection.sendall(JSON_HEAD + b"Content-Length: 100\r\n\r\n")
        begun = time.monotonic()
        for _ in range(10):
            connection.sendall(b" ")
            time.sleep(0.02)
        answer = read_answer(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"hub":"HUB-115"' in answer
    assert b"connection: close" in answer
    assert time.monotonic() - begun < 5


def test_a_client_that_leaves_in_mid_body_leaves_nothing_behind(hub: Served) -> None:
    before = hub.post("tasks").json()["data"]
    for _ in range(20):
        with hub.connect() as connection:
            connection.sendall(JSON_HEAD + b'Content-Length: 100\r\n\r\n{"query"')
    time.sleep(0.2)
    assert hub.post("tasks").json()["data"] <= before
    assert len(hub.application.asked) == 2


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 15\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 15\r\nContent-Length: 16\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x0f\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
    ],
)
def test_a_body_of_two_sizes_is_never_asked(hub: Served, head: bytes) -> None:
    answer = hub.raw(JSON_HEAD + head + b'\r\n{"query":"{a}"}')
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert hub.application.asked == []


class TestGet:
    def test_parameters_arrive_like_a_body(self, hub: Served) -> None:
        answer = hub.client.get(
            "/graphql",
            params={
                "query": "query Q{a(b: 漏水)}",
                "operationName": "Q",
                "variables": '{"x":[1,"+ &"]}',
                "extensions": '{"p":1}',
                "other": "ignored",
            },
        )
        told = answer.json()["data"]
        assert told["query"] == "query Q{a(b: 漏水)}"
        assert told["operationName"] == "Q"
        assert told["variables"] == {"x": [1, "+ &"]}
        assert told["extensions"] == {"p": 1}
        assert told["readOnly"] is True

    def test_empty_parameters_are_absent_ones(self, hub: Served) -> None:
        told = hub.client.get("/graphql?query={a}&operationName=&variables=&extensions=").json()["data"]
        assert (told["operationName"], told["variables"], told["extensions"]) == (None, {}, {})

    @pytest.mark.parametrize(
        "parameters",
        [
            "",
            "query=",
            "query={a}&query={b}",
            "query={a}&variables={}&variables={}",
            "query={a}&variables=1",
            "query={a}&variables=[]",
            "query={a}&variables={",
            "query={a}&variables=" + "[" * 1000,
            "query={a}&extensions=x",
            "query=%ff",
            "query=%ed%a0%80",
            "query={a}&" + "&".join(f"p{n}=1" for n in range(100)),
        ],
    )
    def test_malformed_parameters_are_refused(self, hub: Served, parameters: str) -> None:
        answer = hub.client.get(f"/graphql?{parameters}")
        assert (answer.status_code, code(answer.json())) == (400, "HUB-101")
        assert hub.application.asked == []

    def test_parameters_beyond_the_bound_are_refused(self, hub: Served) -> None:
        assert hub.client.get("/graphql?query=" + "a" * 4096).status_code == 413


class TestDepth:
    @given(st.text('[]{}"\\a,', max_size=40))
    def test_it_agrees_with_a_reading_byte_by_byte(self, text: str) -> None:
        assert nested_too_deeply(text.encode(), 3) is (deepest(text) > 3)

    @pytest.mark.parametrize("piece", [b'\\"', b'"\\', b'"', b"[]", b"\\"])
    def test_no_text_makes_it_look_back(self, piece: bytes) -> None:
        # Going back at each quote would take hours here, not milliseconds.
        nested_too_deeply(b"[" * 65 + b"]" * 65 + b'"' + piece * (500_000 // len(piece)), 65)


def deepest(text: str) -> int:
    depth = most = 0
    inside = escaped = False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth -= 1
    return most


def code(document: dict[str, list[dict[str, dict[str, str]]]]) -> str:
    return document["errors"][0]["extensions"]["hub"]
