"""What runs statements that only read: the contract that both databases' readers keep."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import Dialect

T = TypeVar("T")
Run = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
"""Runs one statement of several, and gives its rows."""

STATEMENTS_KEPT = 1_000
ENOUGH_LISTS = 30
"""Lists inside one another that no allowed document reaches."""


class Reader(Protocol):
    """Runs statements of its dialect against one base."""

    dialect: Dialect
    at_once: int
    """How many requests are worth having under way; more would only stand in another line, in no fair order."""

    async def fetch(self, sql: str, values: Sequence[Any], *, small: bool = False, steady: bool = False) -> Any:
        """The first column of the first row. Deadline, Unavailable, NotMigrated.

        `small` work takes microseconds; `steady` statements are run the same way whatever their values are.
        """
        ...

    async def rows(self, sql: str, values: Sequence[Any], *, steady: bool = False) -> Sequence[Sequence[Any]]:
        """All rows; otherwise as `fetch`."""
        ...

    async def together(self, work: Callable[[Run], T]) -> T:
        """What `work` makes of several statements in one snapshot; bases that parse any depth never need it."""
        ...

    async def deepest(self) -> int | None:
        """How many lists inside one another a statement may hold; None where there is no such bound."""
        ...

    async def parses(self, sqls: Sequence[str]) -> bool:
        """Whether the base's parser takes these statements."""
        ...

    def allow(self, statement_seconds: float) -> None:
        """Statements that begin from now on may take as long as this."""
        ...

    async def close(self) -> None:
        """End every connection."""
        ...
