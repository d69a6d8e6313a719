"""What operators' machines ask over real sockets: whether the process lives, can answer, and how it is doing."""

import re

import pytest
from tests.app.conftest import Hub


def test_a_process_that_serves_lives_and_is_ready(either: Hub) -> None:
    root = either.url.removesuffix("/graphql")
    for path in ("/health/live", "/health/ready"):
        answer = either.client.get(root + path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert either.client.head(root + path).content == b""
        refused = either.client.post(root + path)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["hub"]) == (405, "HUB-105")


def test_a_process_whose_base_is_away_lives_but_is_not_ready(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.errors import Unavailable  # noqa: PLC0415

    async def away() -> int:
        raise Unavailable

    monkeypatch.setattr(hub.composition.news.follower.log, "epoch", away)
    root = hub.url.removesuffix("/graphql")

    answer = hub.client.get(f"{root}/health/ready")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (503, "HUB-503")
    assert hub.client.get(f"{root}/health/live").status_code == 200


def test_metrics_are_prometheus_text_for_those_who_may(either: Hub) -> None:
    url = either.url.removesuffix("/graphql") + "/metrics"
    answer = either.client.get(url, headers=either.headers("admin"))

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = re.findall(r"^# HELP (\w+) [^\n]+\n# TYPE \1 (?:gauge|counter)\n\1 [0-9.e+-]+$", answer.text, re.MULTILINE)
    assert {
        "hub_log_hidden_seconds",
        "hub_oldest_writer_seconds",
        "hub_streams",
        "hub_unsealed_seconds",
        "hub_letters_dead",
        "hub_outlets_stopped",
    } <= set(names)
    assert len(names) * 3 == len(answer.text.splitlines())
    for viewer, status in (("agency", 403), (None, 403)):
        assert either.client.get(url, headers=either.headers(viewer)).status_code == status
    assert either.client.get(url, headers={"authorization": "Bearer x.y.z"}).status_code == 401
