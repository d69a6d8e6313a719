"""`@live`: what may be asked live, who shares a group with whom, and in which form answers come again."""

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any, Protocol

import orjson

from hub.access.viewers import Viewer
from hub.errors import BadLive, NotLive
from hub.live.answers import Live, Run
from hub.live.queries import Queries
from hub.live.spectators import Spectator
from hub.resolvers.completing import Ready
from hub.resolvers.watching import nouns_of
from hub.schema.model import Actions
from hub.store.changes import UNHEARD

FORMATS = frozenset({"rfc6902"})
"""Forms in which changes are told on request."""

LONGEST_THROTTLE = 3_600_000
"""Milliseconds between two answers at most: an hour."""

_OPENING = "Opening"


class Asked(Protocol):
    """What is asked again and again."""

    @property
    def query(self) -> str | None: ...
    @property
    def operation_name(self) -> str | None: ...
    @property
    def variables(self) -> dict[str, Any]: ...


class Lives:
    """Opens live queries."""

    def __init__(self, queries: Queries, run: Run) -> None:
        self._queries, self._run = queries, run

    async def open(
        self, ready: Ready, asked: Asked, said: Mapping[str, Any], *, opening: Any, wanted: Any, principal: str
    ) -> Spectator:
        """The live query, when it has its first answer: `said` are the arguments of `@live`, `wanted` the form.

        NotLive, BadLive, TooManyLive, and whatever refuses the question.
        """
        _check(ready)
        throttle, patches = _seconds(said.get("throttle")), _wants_patches(wanted)
        name = (asked.query, asked.operation_name)
        live = Live(
            (*name, orjson.dumps(asked.variables, option=orjson.OPT_SORT_KEYS), *_own(ready, opening)),
            asked,
            self._run,
            partial(_standing, _asks_who(ready)),
            (*name, ready.shape),
            throttle,
        )
        return await self._queries.open(ready.viewer, live, patches=patches, principal=principal)


def _check(ready: Ready) -> None:
    """What is told by nothing in the log cannot wake anybody."""
    prepared = ready.prepared
    for told in prepared.news:
        raise NotLive(path=(told.key,), field=told.name)
    nouns = {noun.name for noun in nouns_of(prepared.plan)}
    if unheard := sorted(nouns & UNHEARD):
        raise NotLive(field=unheard[0])
    if _OPENING in nouns and ready.holes - {Actions}:
        # Each answer would change the next one.
        raise NotLive(field=_OPENING)


def _own(ready: Ready, opening: Any) -> tuple[Hashable, ...]:
    """What is opened is one person's, under one purpose."""
    return (ready.viewer.name, ready.viewer.subject, str(opening)) if ready.holes - {Actions} else ()


def _asks_who(ready: Ready) -> bool:
    """Whether the answer depends on more of a viewer than on its scope and masks."""
    prepared = ready.prepared
    return bool(ready.holes or prepared.matched or prepared.apart or prepared.figures or prepared.beside)


def _standing(asks_who: bool, viewer: Viewer) -> Hashable:
    known = (viewer.scope, viewer.masks)
    return (*known, viewer.role, viewer.permissions) if asks_who else known


def _seconds(throttle: int | None) -> float:
    if throttle is not None and not 0 <= throttle <= LONGEST_THROTTLE:
        raise BadLive(reason=f"throttle: 0 - {LONGEST_THROTTLE} ms")
    return (throttle or 0) / 1000


def _wants_patches(wanted: Any) -> bool:
    """Whether `extensions.live` asks for patches; without it, or without a format, whole answers come."""
    if wanted is None:
        return False
    if not isinstance(wanted, dict) or wanted.get("format") not in {None, *FORMATS}:
        raise BadLive(reason=f"extensions.live: {{format}}, {', '.join(sorted(FORMATS))}")
    return wanted.get("format") is not None
