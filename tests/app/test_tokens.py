"""Who has no token is the public, who has a bad one is refused, and no page can borrow a reader's token."""

import base64
import time
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from tests.app.conftest import GRAPHQL, Hub

from hub.store.seal import read_keys

QUERY = "{cases {totalCount}}"


def key(hub: Hub) -> OctKey:
    config: Any = hub.application._settings
    return OctKey.import_key(read_keys(config.keys.file).signing)


def claims(**changed: object) -> dict[str, object]:
    now = int(time.time())
    good = {"viewer": "admin", "sub": "tester", "jti": "1", "iat": now, "exp": now + 60, "aud": "hub"}
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def signed(hub: Hub, algorithm: str = "HS256", /, **changed: object) -> str:
    return jwt.encode({"alg": algorithm}, claims(**changed), key(hub), algorithms=[algorithm])


def piece(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def refused(hub: Hub, authorization: str) -> str:
    answer = hub.client.post(hub.url, json={"query": QUERY}, headers={"authorization": authorization, "accept": GRAPHQL})
    document = answer.json()
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "data" not in document
    code: str = document["errors"][0]["extensions"]["hub"]
    return code


def test_a_good_token_is_let_in(hub: Hub) -> None:
    headers = {"authorization": f"bearer {signed(hub)}"}
    assert hub.client.post(hub.url, json={"query": QUERY}, headers=headers).json()["data"]["cases"]["totalCount"] == 60


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "other"},
        {"aud": ["hub"]},
        {"aud": ...},
        {"viewer": "nobody"},
        {"viewer": ["admin"]},
        {"viewer": ...},
        {"viewer": "public"},
        {"sub": ...},
        {"sub": "a\nb"},
        {"sub": 1},
        {"jti": ...},
        {"exp": ...},
        {"exp": 10**12},
        {"exp": "tomorrow"},
        {"iat": ...},
    ],
    ids=str,
)
def test_claims_that_are_not_ours_are_no_token(hub: Hub, changed: dict[str, object]) -> None:
    assert refused(hub, f"Bearer {signed(hub, **changed)}") == "HUB-401"


def test_a_token_of_the_future_is_no_token(hub: Hub) -> None:
    now = int(time.time())
    assert refused(hub, f"Bearer {signed(hub, iat=now + 7200, exp=now + 10_000)}") == "HUB-401"


def test_a_token_past_its_time_is_told_so(hub: Hub) -> None:
    now = int(time.time())
    assert refused(hub, f"Bearer {signed(hub, iat=now - 100, exp=now - 1)}") == "HUB-402"


def test_a_token_that_was_good_expires(hub: Hub) -> None:
    token = f"Bearer {signed(hub, exp=int(time.time()) + 2)}"
    assert hub.client.post(hub.url, json={"query": QUERY}, headers={"authorization": token}).status_code == 200

    time.sleep(2.1)

    assert refused(hub, token) == "HUB-402"


def test_forged_tokens_are_refused(hub: Hub) -> None:
    good = signed(hub)
    head, body, mark = good.split(".")
    other = OctKey.import_key(b"another key of thirty-two bytes!")
    forged = [
        jwt.encode({"alg": "HS256"}, claims(), other),
        signed(hub, "HS384"),
        signed(hub, "HS512"),
        f"{piece({'alg': 'none'})}.{body}.",
        f"{piece({'alg': 'none'})}.{body}.{mark}",
        f"{piece({'alg': 'None', 'typ': 'JWT'})}.{piece(claims())}.",
        f"{piece({'alg': 'HS256', 'jwk': {'kty': 'oct', 'k': ''}})}.{body}.{mark}",
        f"{piece({'alg': 'HS256', 'kid': '../../dev/null'})}.{body}.{mark}",
        f"{head}.{piece(claims(viewer='court'))}.{mark}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{mark}.",
        f"{head}.{body}.{mark[:-2]}",
        f"{good}x",
        "a.b.c",
        "..",
        "null",
        "x" * 5000,
    ]
    for token in forged:
        assert refused(hub, f"Bearer {token}") == "HUB-401"
    for header in (good, f"Basic {good}", f"Bearer  {good}", "Bearer", f"Bearer {good}, Bearer {good}"):
        assert refused(hub, header) == "HUB-401"


def test_a_refusal_says_nothing_of_the_token(hub: Hub) -> None:
    answer = hub.client.post(hub.url, json={"query": QUERY}, headers={"authorization": "Bearer a.b.c"})
    assert answer.json()["errors"] == [
        {"message": "令牌无效 · The token is not valid.", "extensions": {"code": "UNAUTHENTICATED", "hub": "HUB-401"}}
    ]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/graphql",
        "application/json; charset=gbk",
        None,
    ],
)
def test_what_a_page_can_post_unasked_is_refused(hub: Hub, content_type: str | None) -> None:
    headers = (
        hub.headers("admin") | {"origin": "http://evil.example"} | ({"content-type": content_type} if content_type else {})
    )

    answer = hub.client.post(hub.url, content=b'{"query": "{cases {totalCount}}"}', headers=headers)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (415, "HUB-103")


def test_no_origin_is_allowed_to_read(hub: Hub) -> None:
    headers = {
        "origin": "http://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }

    answers = [hub.client.options(hub.url, headers=headers), hub.client.post(hub.url, json={"query": QUERY}, headers=headers)]

    assert [name for answer in answers for name in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize("path", ["/", "/graphql/", "/graphiql", "/docs", "/.env", "//graphql", "/graphql/../x"])
def test_other_addresses_are_not_found(hub: Hub, path: str) -> None:
    answer = hub.client.get(hub.url.removesuffix("/graphql") + path)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (404, "HUB-114")
    assert "server" not in answer.headers
