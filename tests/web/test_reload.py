"""A reload at the transports: connections stay; what was opened goes on, is followed by something else, or ends alone."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from tests.web.conftest import Counting, Served
from tests.web.sockets import acknowledged, subscribe
from tests.web.test_sse import streaming
from tests.web.test_ws import until

from hub.errors import BadSyntax, Forbidden
from hub.web.body import Question
from hub.web.contract import Reply, Stream
from hub.web.documents import error_document

HELD = "stream held"


async def again(question: Question, _: Any, __: Stream) -> Stream | Reply | None:
    """What the next backing has in the place of each stream, by the operation's name."""
    match question.operation_name:
        case "other":
            return Counting(2)
        case "refused":
            return Reply(error_document(BadSyntax(reason="Expected Name")), refused=True)
        case "forbidden":
            raise Forbidden(permission="news")
        case "broken":
            raise ValueError("370403199001011234")
    return None


async def reload(hub: Served, loop: asyncio.AbstractEventLoop, **limits: float) -> None:
    """Another backing takes over."""

    async def take_over() -> None:
        asking = hub.endpoint.asking
        bounds: Any = replace(asking.limits, **limits)  # type: ignore[type-var]
        hub.address.become(replace(asking.backing, again=again), bounds, ())
        await hub.address.reload()

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(take_over(), loop))


async def test_a_socket_and_its_other_operations_stay(hub: Served) -> None:
    names = ("stays", "other", "refused", "forbidden", "broken")
    async with acknowledged(hub.port) as client:
        await client.say(*(subscribe(HELD, name, operationName=name) for name in names))
        await until(lambda: len(hub.application.streams) == len(names))
        await reload(hub, hub.application.streams[0].loop, operations_per_socket=2)

        heard = await client.hear_all(6)
        said = [(each["id"], each["type"], each.get("payload")) for each in heard]
        assert [each[:2] for each in said if each[0] == "other"] == [("other", "next")] * 2 + [("other", "complete")]
        codes = {name: payload[0]["extensions"]["hub"] for name, kind, payload in said if kind == "error"}
        assert codes == {"refused": "HUB-106", "forbidden": "HUB-403", "broken": "HUB-500"}
        assert "370403" not in str(heard)
        assert [each.closed for each in hub.application.streams] == [0, 1, 1, 1, 1]
        # The bounds are others from now on, for those who were there before, too.
        await client.say(subscribe(HELD, "second"), subscribe(HELD, "third"))
        refused = await client.hear()
        assert (refused["id"], refused["payload"][0]["extensions"]["hub"]) == ("third", "HUB-601")
        hub.application.streams[0].release(1)
        assert [(each["id"], each["type"]) for each in await client.hear_all(2)] == [("stays", "next"), ("stays", "complete")]


async def test_what_is_being_opened_meanwhile_is_asked_for_again(hub: Served) -> None:
    async with acknowledged(hub.port) as client:
        await client.say(subscribe(HELD, "first"), subscribe("stream slow", operationName="other"))
        assert await asyncio.to_thread(hub.application.begun.acquire, timeout=5)
        await reload(hub, hub.application.streams[0].loop)
        hub.application.go.set()

        heard = await client.hear_all(3)
        assert [each["type"] for each in heard] == ["next", "next", "complete"]
    await until(lambda: [each.closed for each in hub.application.streams] == [1, 1])


async def test_event_streams_stay(hub: Served) -> None:
    with ExitStack() as stack:
        lines = {}
        for name in ("stays", "other", "forbidden"):
            answer = await asyncio.to_thread(stack.enter_context, streaming(hub, HELD, operationName=name))
            lines[name] = answer.iter_lines()
            assert [next(lines[name]), next(lines[name])] == ["retry: 2000", ""]
        await reload(hub, hub.application.streams[0].loop)

        other = [line for line in await asyncio.to_thread(list, lines["other"]) if line]
        assert [line for line in other if line.startswith("data: ")] == [
            'data: {"data":{"n":1}}',
            'data: {"data":{"n":2}}',
            "data: ",
        ]
        forbidden = "\n".join(await asyncio.to_thread(list, lines["forbidden"]))
        assert '"HUB-403"' in forbidden
        assert "event: complete" in forbidden
        hub.application.streams[0].release(1)
        assert [next(lines["stays"]) for _ in range(3)] == ["id: c1", "event: next", 'data: {"data":{"n":1}}']
        assert [each.closed for each in hub.application.streams[1:]] == [1, 1]
