"""Signatures are those of Standard Webhooks: what others verify with their own library verifies, nothing else does."""

import base64

import pytest

from hub.errors import BadConfiguration
from hub.store.signing import ID, SIGNATURE, TIMESTAMP, TOLERANCE_SECONDS, Secrets, is_timely

OLD = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NEW = "whsec_" + base64.b64encode(bytes(range(64))).decode()
BODY = b'{"data":{"events":{"event":{"id":"evt_1"}}}}'


def test_it_is_the_signature_that_other_libraries_make() -> None:
    """The vector that the Svix and Standard Webhooks libraries test themselves with."""
    secrets = Secrets.of(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "court")

    headers = secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_during_a_change_either_secret_verifies_and_afterwards_the_new_one_alone() -> None:
    both, old, new = Secrets.of([NEW, OLD], "c"), Secrets.of([OLD], "c"), Secrets.of([NEW], "c")

    headers = both.sign("evt_1", 1_764_000_000, BODY)

    assert len(headers[SIGNATURE].split(" ")) == 2
    assert old.verify(headers, BODY)
    assert new.verify(headers, BODY)
    assert both.verify(old.sign("evt_1", 1, BODY), BODY)
    assert not new.verify(old.sign("evt_1", 1, BODY), BODY)


@pytest.mark.parametrize(
    "change",
    [
        {ID: "evt_2"},
        {ID: ""},
        {ID: "事"},
        {TIMESTAMP: "1764000001"},
        {TIMESTAMP: ""},
        {TIMESTAMP: "１７６４"},
        {TIMESTAMP: "-1"},
        {SIGNATURE: ""},
        {SIGNATURE: "v1,"},
        {SIGNATURE: "v1,签"},
        {SIGNATURE: "v1a,AAAA"},
        {SIGNATURE: "v2," + "A" * 44},
    ],
)
def test_what_was_changed_does_not_verify(change: dict[str, str]) -> None:
    secrets = Secrets.of([OLD], "c")
    headers = secrets.sign("evt_1", 1_764_000_000, BODY)
    assert secrets.verify(headers, BODY)

    assert not secrets.verify(headers | change, BODY)
    assert not secrets.verify({name: headers[name] for name in headers if name not in change}, BODY)
    assert not secrets.verify(headers, BODY + b" ")


def test_a_cut_of_the_signed_text_elsewhere_is_another_text() -> None:
    """The id cannot take over a part of the timestamp: a timestamp is digits, and ids of events hold no point."""
    secrets = Secrets.of([OLD], "c")
    headers = secrets.sign("evt_1", 17, b"5.x")

    assert not secrets.verify(headers | {ID: "evt_1.17", TIMESTAMP: "5"}, b"y")
    assert not secrets.verify(headers | {TIMESTAMP: "17.5"}, b"x")


def test_what_is_old_or_from_the_future_is_not_timely() -> None:
    headers = {TIMESTAMP: "1000"}

    assert is_timely(headers, 1000 + TOLERANCE_SECONDS)
    assert is_timely(headers, 1000 - TOLERANCE_SECONDS)
    assert not is_timely(headers, 1001 + TOLERANCE_SECONDS)
    assert not is_timely(headers, 999 - TOLERANCE_SECONDS)
    assert not is_timely({TIMESTAMP: "now"}, 1000)
    assert not is_timely({}, 1000)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [OLD, NEW, OLD],
        [""],
        ["whsec_"],
        [OLD.removeprefix("whsec_")],
        ["whsec_" + base64.b64encode(bytes(23)).decode()],
        ["whsec_" + base64.b64encode(bytes(65)).decode()],
        ["whsec_not base64 at all, not at all"],
        ["whsec_密钥"],
    ],
)
def test_a_secret_that_is_none_is_refused_and_never_shown(texts: list[str]) -> None:
    with pytest.raises(BadConfiguration) as refused:
        Secrets.of(texts, "court")

    assert "court" in str(refused.value)
    for text in texts:
        assert len(text) < 8 or text not in str(refused.value)
    assert OLD.removeprefix("whsec_") not in repr(Secrets.of([OLD], "court"))
    assert repr(bytes(range(32))) not in repr(Secrets.of([OLD], "court"))
