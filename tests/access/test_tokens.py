"""Development tokens: only ours, only in time, only here."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import PUBLIC, Scope, Viewer
from hub.errors import AccessError, BadToken, NotLoopback, TokenExpired

KEY = b"k" * 32
COURT = Viewer("court", "court", Scope(courts=("court_鲁0402",)))
NOW = 1_750_000_000


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> DevelopmentTokens:
    return DevelopmentTokens(KEY, {"court": COURT}, loopback=True, clock=clock)


def signed(claims: dict[str, Any], *, key: bytes = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(key), algorithms=[algorithm])


def claims(**changes: Any) -> dict[str, Any]:
    said = {"viewer": "court", "sub": "clerk", "jti": "1", "iat": NOW, "exp": NOW + 60, "aud": "hub", **changes}
    return {name: value for name, value in said.items() if value is not None}


def test_a_revoked_token_is_none_even_where_it_was_read_before(clock: Clock) -> None:
    revoked = set[str]()
    tokens = DevelopmentTokens(KEY, {"court": COURT}, loopback=True, clock=clock, revoked=revoked)
    header, other = (f"Bearer {tokens.issue('court', subject='clerk', life_seconds=60)}" for _ in range(2))
    revoked.add(tokens.identify(header).jti)

    for _ in range(2):
        with pytest.raises(BadToken):
            tokens.identify(header)
    assert tokens.identify(other).subject == "clerk"
    clock.now += 61
    with pytest.raises(BadToken):
        # Not TokenExpired: nobody is told to come back with another.
        tokens.identify(header)


def test_no_header_is_the_public(tokens: DevelopmentTokens) -> None:
    assert tokens.identify(None) is PUBLIC


def test_a_token_is_its_viewer_with_its_own_marks(tokens: DevelopmentTokens) -> None:
    token = tokens.issue("court", subject="clerk 7", life_seconds=60)

    viewer = tokens.identify(f"Bearer {token}")

    assert (viewer.name, viewer.scope, viewer.subject, viewer.exp) == ("court", COURT.scope, "clerk 7", NOW + 60)
    assert viewer.jti
    assert tokens.identify(f"Bearer {token}") is viewer


def test_two_tokens_are_told_apart(tokens: DevelopmentTokens) -> None:
    seen = {tokens.identify(f"Bearer {tokens.issue('court', subject='clerk')}").jti for _ in range(2)}

    assert len(seen) == 2


def test_a_token_ends_with_its_time_even_when_it_was_seen_before(tokens: DevelopmentTokens, clock: Clock) -> None:
    header = f"bearer {tokens.issue('court', subject='clerk', life_seconds=60)}"
    tokens.identify(header)

    clock.now += 59.9
    assert tokens.identify(header).name == "court"
    clock.now += 0.1
    with pytest.raises(TokenExpired):
        tokens.identify(header)
    with pytest.raises(TokenExpired):
        tokens.identify(header)


def test_no_token_is_made_for_more_than_twelve_hours(tokens: DevelopmentTokens) -> None:
    token = tokens.issue("court", subject="clerk", life_seconds=10**9)

    assert tokens.identify(f"Bearer {token}").exp == NOW + 12 * 3600


@pytest.mark.parametrize(
    "changes",
    [
        {"viewer": "admin"},
        {"viewer": None},
        {"viewer": ["court"]},
        {"viewer": {"court": 1}},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 201},
        {"jti": None},
        {"jti": 7},
        {"aud": None},
        {"aud": "another"},
        {"aud": ["hub"]},
        {"exp": None},
        {"iat": None},
        {"exp": True},
        {"exp": NOW + 60.5},
        {"exp": str(NOW + 60)},
        {"exp": NOW + 12 * 3600 + 1},
        {"exp": NOW - 1},
        {"iat": NOW + 3600, "exp": NOW + 7200},
    ],
    ids=str,
)
def test_claims_that_are_not_exactly_ours_are_refused(tokens: DevelopmentTokens, changes: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        tokens.identify(f"Bearer {signed(claims(**changes))}")


def test_the_claims_these_tests_change_are_good(tokens: DevelopmentTokens) -> None:
    assert tokens.identify(f"Bearer {signed(claims())}").name == "court"


def unsigned() -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims())]
    return ".".join([base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts] + [""])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        "Bearer ....",
        "Bearer 令牌",
        "Bearer \udc80",
        "Basic " + signed(claims()),
        signed(claims()),
        "Bearer  " + signed(claims()),
        "Bearer " + signed(claims()) + ", Bearer " + signed(claims()),
        "Bearer " + signed(claims(), key=b"x" * 32),
        "Bearer " + signed(claims(), key=b"k" * 64, algorithm="HS512"),
        "Bearer " + unsigned(),
        "Bearer " + "a" * 5000,
        "Bearer " + base64.urlsafe_b64encode(b"[" * 2000).decode() + ".e30.x",
    ],
)
def test_whatever_else_is_offered_is_a_bad_token(tokens: DevelopmentTokens, header: str) -> None:
    with pytest.raises(BadToken):
        tokens.identify(header)


def test_changing_one_letter_breaks_the_signature(tokens: DevelopmentTokens) -> None:
    head, body, signature = tokens.issue("court", subject="clerk").split(".")
    spoiled = ("A" if body[5] != "A" else "B").join((body[:5], body[6:]))

    with pytest.raises(BadToken):
        tokens.identify(f"Bearer {head}.{spoiled}.{signature}")


def test_elsewhere_no_token_is_made_or_taken_and_the_public_still_asks() -> None:
    elsewhere = DevelopmentTokens(KEY, {"court": COURT}, loopback=False, clock=Clock())

    assert elsewhere.identify(None) is PUBLIC
    with pytest.raises(NotLoopback):
        elsewhere.issue("court", subject="clerk")
    for _ in range(2):
        with pytest.raises(NotLoopback):
            elsewhere.identify(f"Bearer {signed(claims())}")
    with pytest.raises(BadToken):
        elsewhere.identify("Bearer x")


def test_a_token_is_only_made_for_a_viewer_there_is(tokens: DevelopmentTokens) -> None:
    for viewer, subject in (("admin", "clerk"), ("court", ""), ("court", "a\x00")):
        with pytest.raises(AccessError):
            tokens.issue(viewer, subject=subject)


def test_tokens_kept_are_bounded(clock: Clock) -> None:
    tokens = DevelopmentTokens(KEY, {"court": COURT}, loopback=True, clock=clock, cached=2)
    headers = [f"Bearer {tokens.issue('court', subject=str(number))}" for number in range(5)]

    assert [tokens.identify(header).subject for header in headers] == list("01234")
    assert len(tokens._known) == 2
    assert tokens.identify(headers[0]).subject == "0"
