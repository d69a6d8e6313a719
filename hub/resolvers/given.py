"""What the corridor is given and gives back: questions of any transport, answers, refusals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from hub.errors import HubError
from hub.live.watched import Watch
from hub.resolvers.read import Asked


class Question(Asked, Protocol):
    """What is asked, on any transport."""

    @property
    def extensions(self) -> dict[str, Any]: ...
    @property
    def read_only(self) -> bool: ...


class Streamed(Question, Protocol):
    """What is asked where streams can be given, and whose turn it is."""

    @property
    def principal(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The complete document; `refused` when nothing ran. `codes` are the numbers of a refusal's errors.

    When asked for, `read` holds the ids of all rows shown, and `watch` says what may make it another.
    """

    body: bytes
    refused: bool = False
    status: int = 200
    timing: str = ""
    codes: tuple[str, ...] = ()
    read: frozenset[str] | None = None
    watch: Watch | None = None


@dataclass(frozen=True, slots=True)
class Repeated:
    """A question of our own, or one that is asked again."""

    query: str | None
    variables: dict[str, Any]
    operation_name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    read_only: bool = True


def refused(errors: Sequence[HubError]) -> Answer:
    """The refusal of a request."""
    body = orjson.dumps({"errors": [error.entry() for error in errors]})
    return Answer(body, refused=True, status=errors[0].status, codes=tuple(error.code for error in errors))
