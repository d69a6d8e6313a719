"""What the ordinary way and the ceiling share: settings of a process, the token check, the socket."""

import argparse
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import read_viewers
from hub.parts import hub_model
from hub.store.base import open_base
from hub.store.seal import read_keys
from hub.store.tables import tables


@dataclass(frozen=True, slots=True)
class Process:
    """What a server is started with: the base, where it listens, and who may ask."""

    url: str
    port: int
    engine: AsyncEngine
    tokens: DevelopmentTokens


async def tokens_of(url: str, keys: Path) -> tuple[AsyncEngine, DevelopmentTokens]:
    """The base, and the tokens of the viewers it holds: the hub's own check."""
    engine = await open_base(url)
    async with engine.connect() as connection:
        policies = tables(hub_model()).tables["policies"]
        viewers = await read_viewers(connection, policies, dt.datetime.now(dt.UTC).date())
    return engine, DevelopmentTokens(read_keys(keys).signing, viewers, loopback=True)


def serve(doc: str, make: Callable[[Process], Awaitable[ASGIApp]]) -> None:
    """Read the command line, make the application and serve it until it is ended."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True)
    asked = parser.parse_args()
    uvloop.run(_serve(asked.database, asked.port, asked.keys, make))


async def _serve(url: str, port: int, keys: Path, make: Callable[[Process], Awaitable[ASGIApp]]) -> None:
    engine, tokens = await tokens_of(url, keys)
    app = await make(Process(url, port, engine, tokens))
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
    )
    await uvicorn.Server(config).serve()
