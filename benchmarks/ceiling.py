"""The ceiling: the four questions as hand-written statements behind the same socket, token check and connections.

python -m benchmarks.ceiling --database URL --port 8001 --keys FILE
"""

from functools import lru_cache

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from benchmarks.asked import TEXTS
from benchmarks.handwritten import Written, statements
from benchmarks.serving import Process, serve
from hub.access.viewers import Scope, Viewer
from hub.store.base import reader_of
from hub.store.dialects import async_url

_NAMES = {text: name for name, text in TEXTS.items()}


async def application(process: Process) -> ASGIApp:
    """One route; the text of the query only chooses the statement."""
    database = async_url(process.url).get_backend_name()
    reader = reader_of(process.url, statement_seconds=10.0)

    @lru_cache(maxsize=64)
    def written(scope: Scope, masks: frozenset[str]) -> dict[str, Written]:
        return statements(database, Viewer("", "", scope, masks))

    async def answer(request: Request) -> Response:
        viewer = process.tokens.identify(request.headers.get("authorization"))
        asked = orjson.loads(await request.body())
        statement = written(viewer.scope, viewer.masks)[_NAMES[asked["query"]]]
        values = statement.values(viewer.scope.district[0], asked["variables"])
        found = await reader.fetch(statement.sql, values, small=statement.small, steady=statement.steady)
        return Response(found, media_type="application/json")

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])


if __name__ == "__main__":
    serve(__doc__ or "", application)
