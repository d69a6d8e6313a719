"""Answers that differ in their variables or scope only: one statement gives many of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog

from hub.errors import Deadline, Unavailable
from hub.logs import failure
from hub.resolvers.split import checked
from hub.resolvers.statements import Prepared, Statements
from hub.resolvers.values import Coerced
from hub.store.dialects.readers import Reader
from hub.store.dialects.sets import MOST_VALUES, for_sets

SIZES = (2, 8, 32, 128)
"""For so many sets of values statements are written; the sets that are missing are not asked for."""

FEW = 8
"""Statements that are planned by their values are run one by one while they are so few: the plan is worth more."""

MOST_NODES = 500_000
"""What all answers of one statement may show."""

CALM_SECONDS = 1.0
"""After a statement of many sets that took no longer, one that ran out of time before may take more of them again."""

AWAY = 3
"""Sets that a base did not answer alone, one after the other, after which it counts as away for the rest."""

log: Any = structlog.get_logger("hub.answers")


@dataclass(frozen=True, slots=True)
class Given:
    """The values of one answer: its variables, and what statements are handed of its viewer's scope."""

    coerced: Coerced
    scope: Mapping[str, str]


Found = tuple[bytes, frozenset[str]] | Exception
"""An answer's text with the ids of the rows it shows (where the statement tells them), or what went wrong with it."""


class Together:
    """Runs one prepared statement for many sets of values."""

    def __init__(self, statements: Statements, reader: Reader) -> None:
        self._statements, self._reader = statements, reader

    async def run(self, prepared: Prepared, given: Sequence[Given]) -> list[Found]:
        """What each would be given alone, in their order. What fails is tried by halves, down to what fails alone."""
        wave = _Wave(self._statements, self._reader, prepared)
        bound = await self._bound(prepared, len(given))
        found: list[Found] = []
        while len(found) < len(given):
            most = min(bound, prepared.many.most or bound)
            found += await wave.some(given[len(found) : len(found) + most])
        wave.learn()
        return found

    async def _bound(self, prepared: Prepared, count: int) -> int:
        """How many sets one statement may be asked for."""
        if prepared.parts is not None or count == 1 or (count <= FEW and not prepared.steady):
            return 1
        if prepared.many.most is None:
            least = _text(prepared, SIZES[0], self._reader)
            prepared.many.most = SIZES[-1] if await self._reader.parses([least]) else 1
        values = len(dict.fromkeys(prepared.statement.binds)) + 1
        return max(1, min(SIZES[-1], MOST_VALUES // values, MOST_NODES // max(1, prepared.plan.cost)))


class _Wave:
    """The sets of one statement while they are run."""

    def __init__(self, statements: Statements, reader: Reader, prepared: Prepared) -> None:
        self._statements, self._reader, self._prepared = statements, reader, prepared
        self._failures = self._away = 0
        self._error: Exception | None = None
        self._longest = 0.0

    async def some(self, given: Sequence[Given]) -> list[Found]:
        """These in one statement, or in several where one fails."""
        if self._error is not None:
            return [self._error] * len(given)
        if len(given) == 1:
            return [await self._alone(given[0])]
        half, began = len(given) // 2, perf_counter()
        try:
            found = await self._together(given)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be of one set only
            self._failed(error, len(given))
            return [*await self.some(given[:half]), *await self.some(given[half:])]
        self._away, self._longest = 0, max(self._longest, perf_counter() - began)
        return found

    def learn(self) -> None:
        """After a wave with time to spare, the next statement may take more again."""
        many = self._prepared.many
        if many.most is not None and 1 < many.most < SIZES[-1] and not self._failures and self._longest < CALM_SECONDS:
            many.most *= 2

    def _failed(self, error: Exception, count: int) -> None:
        if not self._failures:
            log.warning("answers failed together", action="answers", count=count, failure=failure(error))
        self._failures += 1
        if isinstance(error, Deadline):
            self._prepared.many.most = max(SIZES[0], count // 2)

    async def _alone(self, given: Given) -> Found:
        shown: set[str] = set()
        try:
            body = await self._statements.run(self._prepared, given.coerced, given.scope, shown)
        except Exception as error:  # noqa: BLE001 - it stands in the place of the answer
            self._away += isinstance(error, Unavailable)
            if self._away >= AWAY:
                self._error = error
            return error
        self._away = 0
        return body, frozenset(shown)

    async def _together(self, given: Sequence[Given]) -> list[Found]:
        size = next(size for size in SIZES if size >= len(given))
        reads = dict(self._prepared.values)
        values: list[Any] = []
        for place in range(size):
            each = given[min(place, len(given) - 1)]
            values.append(place if place < len(given) else None)
            values += [each.scope[name] if read is None else read(each.coerced) for name, read in reads.items()]
        sql = _text(self._prepared, size, self._reader)
        rows = await self._reader.rows(sql, values, steady=self._prepared.steady)
        texts = dict(map(tuple, rows))
        return [self._found(texts[place]) for place in range(len(given))]

    def _found(self, text: bytes) -> Found:
        shown: set[str] = set()
        try:
            body = self._prepared.taken(checked(text), shown)
        except Exception as error:  # noqa: BLE001 - a row that a NULL swallowed is that answer's alone
            return error
        return body, frozenset(shown)


def _text(prepared: Prepared, size: int, reader: Reader) -> str:
    texts = prepared.many.texts
    if size not in texts:
        texts[size] = for_sets(prepared.statement.sql, prepared.statement.binds, size, reader.dialect)
    return texts[size]
