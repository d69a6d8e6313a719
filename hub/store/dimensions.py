"""What statistics group by, and the tallies that statistics of many scopes are added up from."""

from dataclasses import dataclass

from hub.schema.scalars import Kind
from hub.store.wanted import Bind

PART = "district"
"""A tally is kept by the values of this column: what touches a row leaves those of other districts as they are."""

PARTS = "parts"
"""The name under which a count of some parts is handed them."""

EPOCH, TRANSACTION, NUMBER = "as_of_epoch", "as_of_transaction", "as_of_number"
"""The names under which a statement is handed the position that its tallies are of."""


@dataclass(frozen=True, slots=True)
class GroupKey:
    """One dimension of statistics: a column, cut to its month or not.

    `through` is the link's column and the table of the row that says it, where that is another than the one counted.
    """

    column: str
    kind: Kind
    month: bool = False
    through: tuple[str, str] | None = None

    @property
    def label(self) -> str:
        """Its name beside the columns of the row that says it."""
        return f"{self.column}_month" if self.month else self.column


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of a noun there are, with the sums of amounts, by some columns: whoever may see them."""

    noun: str
    keys: tuple[GroupKey, ...]
    sums: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tallied:
    """A tally that stands in for the noun's rows: a JSON list of `[key..., count, sum...]` under the bind's name."""

    tally: Tally
    rows: Bind
