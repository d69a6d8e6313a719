"""The page at /live and its module: served as they are, and allowed to load nothing from anywhere else."""

import re
from collections.abc import MutableMapping
from typing import Any

import pytest

from hub.schema.cases import CaseState
from hub.schema.referrals import ReferralState
from hub.web.pages import pages


async def got(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    said = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await pages()({"type": "http", "path": path, "method": method, "headers": said}, None, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(each.get("body", b"") for each in sent[1:])


async def test_the_page_may_load_its_own_files_only() -> None:
    status, headers, body = await got("/live")

    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-length"] == str(len(body))
    policy = dict(each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";"))
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("frame-ancestors") == "'none'"
    assert policy.pop("require-trusted-types-for") == "'script'"
    assert set(policy.values()) == {"'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_whatever_a_file_names_is_one_of_ours() -> None:
    found = pages()
    for path, file in found.files.items():
        text = file.body.decode()
        text = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?://|\bon\w+=|style=|innerHTML", text), path
        folder = path.rpartition("/")[0] if path != "/live" else path
        named = [*re.findall(r"from '\./([\w.]+)';\n", text), *re.findall(r'(?:src|href)="/live/([^"]+)"', text)]
        assert {f"{folder}/{name}" for name in named} <= set(found.files), path
    assert not found.serves({"type": "http", "path": "/live/page.html"})
    assert not found.serves({"type": "http", "path": "/live/../pages.py"})
    assert not found.serves({"type": "websocket", "path": "/live"})


async def test_a_file_that_is_known_is_not_sent_again() -> None:
    _, headers, body = await got("/live/live.js")

    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert b"export function connect" in body
    status, again, nothing = await got("/live/live.js", if_none_match=headers["etag"])
    assert (status, nothing) == (304, b"")
    assert again["etag"] == headers["etag"]
    assert (await got("/live/live.js", "HEAD"))[1:] == (headers, b"")


async def test_nothing_is_done_to_a_file() -> None:
    status, headers, body = await got("/live", "POST")

    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert b"HUB-105" in body


@pytest.mark.parametrize(("name", "states"), [("CASES", CaseState), ("REFERRALS", ReferralState)])
def test_the_page_says_of_states_what_the_schema_says(name: str, states: Any) -> None:
    text = pages().files["/live/labels.js"].body.decode()
    (table,) = re.findall(rf"export const {name} = \{{\n(.*?)\}};", text, re.DOTALL)

    assert dict(re.findall(r"  (\w+): '(.*)',\n", table)) == {each.name: each.value for each in states}
