"""What every format gives: rows by their headings, each with its place in the file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest

from hub.errors import DeliveryTooLarge, MissingHeading
from hub.exchange_settings import Exchange
from hub.rules.values import folded_heading, heading, is_blank

HEADING_ROWS = 60
"""Where a table has not begun after so many rows, it has none."""

MOST_COLUMNS = 1_000

_BRACKETS = re.compile(r"[()\[\]{}<>/\\\s]")
_IN_BRACKETS = re.compile(r"\([^)]*\)")
_FOOTER = re.compile(
    r"(?:本页|本表)?(?:合|总|小|共|累)计|(?:填|制|审|编|上|呈)(?:报|表|核|批|制)(?:人|单位|日期|时间)?[:(盖签]|"
    r"(?:单位|部门|分管|主要)?(?:负责|经办|联系|统计|核)人(?:\([^)]*\))?[:(签]|(?:单位|公章)?\(?盖章\)?|签(?:字|名|章)|备注:|注:|说明:"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A row: its cells as received by heading. `askew` says that it has more cells than there are headings."""

    place: int
    cells: Mapping[str, str]
    askew: bool = False


@dataclass(slots=True)
class Sheet:
    """The rows of a file as they are read, the titles above them, and the columns of the agreement seen so far.

    `width` is the number of a table's columns.
    """

    rows: Iterator[Found]
    titles: tuple[str, ...] = ()
    seen: set[str] = field(default_factory=set)
    width: int = 0


def known(exchange: Exchange) -> dict[str, str]:
    """The agreement's columns by what their headings are compared in."""
    return {heading(column): column for column in exchange.columns}


def known_tags(exchange: Exchange) -> dict[str, str]:
    """The agreement's columns by tag: the heading without brackets, with or without what stands in them."""
    columns = known(exchange)
    shorter = {_BRACKETS.sub("", _IN_BRACKETS.sub("", name)): column for name, column in columns.items()}
    return shorter | {_BRACKETS.sub("", name): column for name, column in columns.items()}


def require(exchange: Exchange, seen: Iterable[str]) -> None:
    """MissingHeading (HUB-318) names the mandatory headings that were not seen."""
    seen = set(seen)
    missing = [column for column in exchange.mandatory if column not in seen]
    if missing:
        raise MissingHeading(headings="、".join(missing))


def table(grid: Iterator[tuple[int, list[str]]], exchange: Exchange) -> Sheet:
    """The rows below the row that holds all mandatory headings. `grid` gives places and cells.

    Repeated headings, empty rows, totals and signatures are left out. MissingHeading where no row has them all.
    """
    columns, titles, best = known(exchange), list[str](), set[str]()
    for _, cells in islice(grid, HEADING_ROWS):
        seen = _seen(cells, columns)
        if seen.issuperset(exchange.mandatory):
            return _below(cells, tuple(titles), grid, exchange)
        titles += [cell for cell in cells if cell.strip()]
        best = max(best, seen, key=len)
    require(exchange, best)
    raise AssertionError  # pragma: no cover - what is best lacks a heading


def _below(
    cells: list[str], titles: tuple[str, ...], grid: Iterator[tuple[int, list[str]]], exchange: Exchange
) -> Sheet:
    """The table below its headings. Those of two rows are joined: the lower ones say more."""
    columns, first = known(exchange), next(grid, None)
    if first and _seen(first[1], columns).issuperset(exchange.mandatory):
        cells, first = [low or high for low, high in zip_longest(first[1], cells, fillvalue="")], None
    names = _names(cells, columns)
    rows = _rows(chain([first] if first else [], grid), names, exchange)
    return Sheet(rows, titles, set(names).intersection(exchange.columns), len(names))


def _seen(cells: list[str], columns: Mapping[str, str]) -> set[str]:
    return {columns[name] for name in map(heading, cells) if name in columns}


def _names(cells: list[str], columns: Mapping[str, str]) -> list[str]:
    """What each column is called: as agreed, as received but for its spelling, or by its number; no name twice."""
    if len(cells) > MOST_COLUMNS:
        raise DeliveryTooLarge(what="columns", limit=MOST_COLUMNS)
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = columns.get(heading(cell)) or folded_heading(cell)
        names.append(name if name and name not in names else f"{name}#{number}")
    return names


def _rows(grid: Iterator[tuple[int, list[str]]], names: list[str], exchange: Exchange) -> Iterator[Found]:
    places = {column: names.index(column) for column in exchange.mandatory}
    for place, cells in grid:
        if not any(cell and not cell.isspace() for cell in cells) or _is_no_row(cells, places):
            continue
        excess = cells[len(names) :]
        row = dict(zip(names, cells, strict=False))
        if any(cell.strip() for cell in excess):
            row |= {f"#{number}": cell for number, cell in enumerate(excess, len(names) + 1) if cell.strip()}
            yield Found(place, row, askew=True)
        else:
            yield Found(place, row)


def _is_no_row(cells: list[str], places: Mapping[str, int]) -> bool:
    """Whether the cells are the headings once more, or stand below the table: totals and signatures."""
    texts = {column: cells[at] if at < len(cells) else "" for column, at in places.items()}
    if all(heading(text) == heading(column) for column, text in texts.items()):
        return True
    if not any(is_blank(text) for text in texts.values()):
        return False
    first = next(heading(cell) for cell in cells if cell.strip())
    return bool(_FOOTER.match(first))
