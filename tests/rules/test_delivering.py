"""When an event is tried again, and which networks it is never brought to."""

import pytest

from hub.rules.delivering import Verdict, delay, may_reach, verdict


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ((200, 201, 202, 204, 299), Verdict.TAKEN),
        ((410,), Verdict.GONE),
        ((400, 409, 413, 422), Verdict.NEVER),
        ((100, 199, 300, 301, 307, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504, 599), Verdict.LATER),
    ],
)
def test_a_status_says_what_becomes_of_the_event(statuses: tuple[int, ...], said: Verdict) -> None:
    assert {verdict(status) for status in statuses} == {said}


def test_each_try_waits_twice_as_long_up_to_its_bound_and_less_by_chance() -> None:
    waits = [delay(attempt, base=1, bound=60, chance=0) for attempt in (1, 2, 3, 6, 7, 8, 10_000)]

    assert waits == [1, 2, 4, 32, 60, 60, 60]
    assert delay(3, base=1, bound=60, chance=1) == 2
    assert 2 <= delay(3, base=1, bound=60, chance=0.37) <= 4


def test_what_the_receiver_asks_for_is_waited_for_within_the_bound() -> None:
    assert delay(1, base=1, bound=60, chance=0, asked=30) == 30
    assert delay(1, base=1, bound=60, chance=0, asked=86_400) == 60
    assert delay(5, base=1, bound=60, chance=0, asked=2) == 16
    assert delay(1, base=1, bound=60, chance=0, asked=-5) == 1


PUBLIC = ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
PRIVATE = ("10.0.0.1", "172.16.9.9", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1")
NEVER = (
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "2001:0:1::1",
)
LOOPBACK = ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert may_reach([address], private=False, loopback=False)
    assert may_reach([address], private=True, loopback=False)
    assert not may_reach([address], private=True, loopback=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_ones_may_where_the_configuration_says_so(address: str) -> None:
    assert not may_reach([address], private=False, loopback=False)
    assert may_reach([address], private=True, loopback=False)


@pytest.mark.parametrize("address", NEVER)
def test_some_never_may(address: str) -> None:
    for private in (False, True):
        for loopback in (False, True):
            assert not may_reach([address], private=private, loopback=loopback)


@pytest.mark.parametrize("address", LOOPBACK)
def test_this_machine_is_reached_only_by_its_own_name(address: str) -> None:
    assert may_reach([address], private=False, loopback=True)
    assert not may_reach([address], private=False, loopback=False)
    assert not may_reach([address], private=True, loopback=False)


def test_one_bad_address_among_good_ones_spoils_the_name() -> None:
    """Whoever answers for the name could give the other one when it is asked again."""
    assert not may_reach(["8.8.8.8", "10.0.0.1"], private=False, loopback=False)
    assert not may_reach([], private=True, loopback=True)
