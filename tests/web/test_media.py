"""What a client accepts decides the media type of the answer; what it sends must be JSON in UTF-8."""

import pytest

from hub.errors import NotAcceptable, UnsupportedMedia
from hub.web.media import EVENTS, GRAPHQL, JSON, answer_media, check_sent

APOLLO = b"application/graphql-response+json,application/json;q=0.9"
URQL = b"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json", JSON),
        (b"APPLICATION/JSON", JSON),
        (b"application/json; charset=utf-8", JSON),
        (b'application/json; charset="UTF-8"', JSON),
        (b"application/graphql-response+json", GRAPHQL),
        (b"application/graphql-response+json; charset=utf-8", GRAPHQL),
        (b"application/graphql-response+json, application/json", GRAPHQL),
        (b"application/json, application/graphql-response+json", JSON),
        (b"application/json;q=0.5, application/graphql-response+json;q=0.6", GRAPHQL),
        (b"application/graphql-response+json ; q=0.5 , application/json ; q=1.000", JSON),
        (b"application/json;q=0, */*", GRAPHQL),
        (b"application/json;q=0, application/*;q=0.1", GRAPHQL),
        (b"application/graphql-response+json, */*", GRAPHQL),
        (b"*/*;q=0.1, application/graphql-response+json", GRAPHQL),
        (b"application/json;q=nan, application/graphql-response+json;q=0.1", GRAPHQL),
        (b"application/json, text/event-stream", JSON),
        (b"text/event-stream, application/json", EVENTS),
        (b"text/event-stream", EVENTS),
        (b"text/event-stream, multipart/mixed", EVENTS),
        (b"text/event-stream;q=0.5, application/json;q=0.4", EVENTS),
        (b"*/*;q=0.9, text/event-stream;q=0.1", JSON),
        (b"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON),
        (b"application/json;q=0.9, " + b"text/x, " * 500 + b"application/graphql-response+json", GRAPHQL),
        (APOLLO, GRAPHQL),
        (URQL, GRAPHQL),
    ],
)
def test_quality_then_order_choose_the_answer(accept: bytes | None, media: bytes) -> None:
    assert answer_media(accept) == media


@pytest.mark.parametrize(
    "accept",
    [
        b"text/*",
        b"text/event-stream;q=0",
        b"multipart/mixed",
        b"text/html",
        b"application/json;q=0",
        b"*/*;q=0",
        b"application/json; charset=utf-16",
        b"application/json;q=2",
        b"application/json;q=-1",
        b"application/json;q=",
        b"json",
        b"\xff",
        b",",
    ],
)
def test_what_cannot_be_given_is_refused(accept: bytes) -> None:
    with pytest.raises(NotAcceptable):
        answer_media(accept)


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json;charset=UTF-8",
        b'Application/JSON; charset="utf-8"',
        b"application/json;",
    ],
)
def test_json_in_utf8_is_read(content_type: bytes) -> None:
    check_sent(content_type, None)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"application/graphql",
        b"application/json-patch+json",
        b"application/graphql-response+json",
        b"application/json; charset=utf-16",
        b"application/json; charset=gb18030",
        b"application/json; charset",
        b"application/json; profile=x",
        b"application/json, application/json",
        b"text/plain; application/json",
        b"\xff",
    ],
)
def test_anything_else_is_refused(content_type: bytes | None) -> None:
    with pytest.raises(UnsupportedMedia):
        check_sent(content_type, None)


@pytest.mark.parametrize("encoding", [b"gzip", b"br", b"identity", b""])
def test_encoded_bodies_are_refused(encoding: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        check_sent(b"application/json", encoding)
