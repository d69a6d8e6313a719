"""Arguments of lists and statistics as conditions, orders and pages of the plan; every refusal has its code."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hub.errors import (
    BadCursor,
    BadOrder,
    BadPageSize,
    FilterTooDeep,
    FirstAndLast,
    HubError,
    ListTooLong,
    MalformedId,
    NullOperand,
)
from hub.resolvers.cursors import check_form, form_of, tag_of, value_at
from hub.resolvers.values import (
    MALFORMED,
    MOST_ITEMS,
    Coerced,
    ListShape,
    Read,
    Slot,
    checked_text,
    holds_slot,
    id_prefix,
    reader,
)
from hub.rules import wording
from hub.schema.model import CodeColumn, Column, LinkMember, ManyMember, Member, Model, Noun, Sealed
from hub.schema.scalars import Kind
from hub.store.wanted import (
    BY_ID,
    All,
    Bind,
    Compare,
    Condition,
    Cursor,
    Either,
    Linked,
    Not,
    Null,
    Order,
    Page,
    Search,
    Some,
    Term,
)

LARGEST_PAGE = 100
USUAL_PAGE = 20
MOST_ORDERS = 3
MOST_PARTS = 20
MOST_LEVELS = 8
MOST_LISTS = 2
"""Lists of rows inside one another in a filter: each multiplies what the one around it looks at."""
_PAGE_ARGUMENTS = ("first", "after", "last", "before")
_NOTHING = "\U0010ffff" * 64
"""After every text that is stored."""

Convert = Callable[[Any], Any]


@dataclass(slots=True)
class Binds:
    """The values of one plan: how each is read from a request's variables."""

    model: Model
    hashed: Callable[[str, str], str]
    sources: dict[str, Read] = field(default_factory=dict)
    matched: set[str | None] = field(default_factory=set)
    """The masks of what is matched exactly: sealed values have none of their own here."""
    path: tuple[str | int, ...] | None = None
    """The field whose arguments are planned now: what is found wrong with a value later is told of it."""
    _numbers: Iterator[int] = field(default_factory=count)

    def add(self, value: Any, kind: Kind, *, many: bool = False, convert: Convert | None = None) -> Bind:
        """The place of a planned value (a slot or a constant), converted for the driver."""
        bind = Bind(f"v{next(self._numbers)}", kind, many)
        read = reader(value)
        if convert is None:
            self.sources[bind.name] = read
        elif holds_slot(value):
            self.sources[bind.name] = _placed(read, convert, self.path)
        else:
            constant = convert(value)
            self.sources[bind.name] = lambda _: constant
        return bind


def _placed(read: Read, convert: Convert, path: tuple[str | int, ...] | None) -> Read:
    def placed(coerced: Coerced) -> Any:
        try:
            return convert(read(coerced))
        except HubError as error:
            error.path = error.path or path
            raise

    return placed


class Arguments:
    """Reads the arguments of one plan."""

    def __init__(self, model: Model, binds: Binds) -> None:
        self._model = model
        self._binds = binds
        self._lists = 0

    # --- filters -----------------------------------------------------------------------------------------------------
    def condition(self, noun: Noun, given: Mapping[str, Any] | None) -> Condition:
        """The filter of a noun; none is everything."""
        return All() if given is None else self._all(noun, given, 1)

    def _all(self, noun: Noun, given: Mapping[str, Any], level: int) -> Condition:
        if level > MOST_LEVELS:
            raise FilterTooDeep(limit=MOST_LEVELS)
        if self._lists > MOST_LISTS:
            raise FilterTooDeep(limit=MOST_LISTS)
        parts = [part for name, value in given.items() for part in self._member(noun, name, value, level)]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _member(self, noun: Noun, name: str, value: Any, level: int) -> list[Condition]:
        if value is None:
            raise NullOperand
        if name in ("and", "or"):
            return [self._several(noun, name, value, level)]
        if name == "not":
            return [Not(self._all(noun, value, level + 1))]
        if name == "search":
            return [self._search(value)]
        member = noun.filterable[name]
        if isinstance(member, str):
            return self._compare(member, Kind.TEXT, value, eager=True)
        return self._of_member(member, value, level)

    def _several(self, noun: Noun, name: str, given: list[Any], level: int) -> Condition:
        if len(given) > MOST_PARTS:
            raise FilterTooDeep(limit=MOST_PARTS)
        if any(each is None for each in given):
            raise NullOperand
        parts = tuple(self._all(noun, each, level + 1) for each in given)
        return All(parts) if name == "and" else Either(parts)

    def _of_member(self, member: Member, value: Any, level: int) -> list[Condition]:
        match member:
            case LinkMember():
                target = self._model[member.targets[0]]
                return _linked(member, target, self._all(target, value, level + 1))
            case ManyMember():
                return self._some(member, value, level)
            case Column() | Sealed() if member.hashed:
                self._binds.matched.add(member.mask if isinstance(member, Column) else None)
                return self._hashed(member.name, member.hashed, value)
            case CodeColumn():
                return self._compare(member.name, Kind.TEXT, value, eager=False)
            case Column():
                eager = member.kind is not Kind.ENUM and member.kind is not Kind.BOOL
                return self._compare(member.name, member.kind, value, eager=eager)
        raise TypeError(f"no filter over {member.name}")

    def _some(self, member: ManyMember, given: Mapping[str, Any], level: int) -> list[Condition]:
        target = self._model[member.target]
        by = target.members[member.by]
        if not isinstance(by, LinkMember):
            raise TypeError(f"{member.by} is no link")
        found: list[Condition] = []
        for name, value in given.items():
            if value is None:
                raise NullOperand
            self._lists += 1
            found.append(Some(by, target, self._all(target, value, level + 1), wanted=name == "some"))
            self._lists -= 1
        return found

    def _hashed(self, name: str, kind: str, given: Mapping[str, Any]) -> list[Condition]:
        found: list[Condition] = []
        for value in given.values():
            if value is None:
                raise NullOperand
            convert = lambda text: self._binds.hashed(kind, checked_text(text))  # noqa: E731
            found.append(Compare(f"{name}_hash", "eq", self._binds.add(value, Kind.TEXT, convert=convert)))
        return found

    def _search(self, value: Any) -> Condition:
        forms = (wording.fts_query, wording.ts_query, wording.token_run)
        fts, words, run = (self._binds.add(value, Kind.TEXT, convert=_searched(form)) for form in forms)
        return Search(fts, words, run)

    def _compare(self, column: str, kind: Kind, given: Mapping[str, Any], *, eager: bool) -> list[Condition]:
        found: list[Condition] = []
        for operator, value in given.items():
            if value is None:
                raise NullOperand
            match operator:
                case "isNull":
                    found.append(Null(column, value))
                case "in" | "notIn":
                    found.append(self._among(column, operator, kind, value, eager=eager))
                case "startsWith":
                    found += self._starts(column, value)
                case _:
                    operand = self._binds.add(self._checked(kind, value), kind, convert=_converted(kind))
                    found.append(Compare(column, operator, operand, eager))
        return found

    def _among(self, column: str, operator: str, kind: Kind, value: Any, *, eager: bool) -> Condition:
        _check_list(value)
        if isinstance(value, list):
            value = [self._checked(kind, each) for each in value]
        elif kind is Kind.ID and MALFORMED in list_shape(value).prefixes:
            raise MalformedId
        convert = _converted(kind)
        operand = self._binds.add(value, kind, many=True)
        if convert is not None:
            read, convert_each = self._binds.sources[operand.name], convert
            self._binds.sources[operand.name] = lambda coerced: [convert_each(each) for each in read(coerced)]
        return Compare(column, operator, operand, eager)

    def _starts(self, column: str, value: Any) -> list[Condition]:
        least = self._binds.add(value, Kind.TEXT, convert=checked_text)
        after = self._binds.add(value, Kind.TEXT, convert=text_after)
        return [Compare(column, "gte", least), Compare(column, "lt", after)]

    def _checked(self, kind: Kind, value: Any) -> Any:
        """Ids are told apart before anything runs."""
        if kind is Kind.ID:
            shape = value.shape if isinstance(value, Slot) else id_prefix(self._model, value)
            if shape == MALFORMED:
                raise MalformedId
        return value

    # --- orders and pages ---------------------------------------------------------------------------------------------
    def page(self, noun: Noun, given: Mapping[str, Any]) -> Page:
        """The page that a connection's arguments ask for."""
        condition = self.condition(noun, given.get("filter"))
        order, tag = _order(noun, given.get("orderBy"))
        first, after, last, before = (given.get(name) for name in _PAGE_ARGUMENTS)
        backward = last is not None or before is not None
        if backward and (first is not None or after is not None):
            raise FirstAndLast
        for size in (first, last):
            if size is not None and not 1 <= size <= LARGEST_PAGE:
                raise BadPageSize(limit=LARGEST_PAGE)
        size = (last if backward else first) or USUAL_PAGE
        cursor = self._cursor(before if backward else after, order, tag)
        return Page(condition, order, tag, size, backward, cursor)

    def _cursor(self, value: Any, order: Order, tag: str) -> Cursor | None:
        if value is None:
            return None
        form = value.shape if isinstance(value, Slot) else form_of(checked_text(value))
        nulls = check_form(form, order, tag)
        binds: list[Bind | None] = []
        for place, (term, null) in enumerate(zip(order, nulls, strict=True)):
            convert = lambda text, place=place, term=term: value_at(text, place, term)  # noqa: E731
            binds.append(None if null else self._binds.add(value, term.kind, convert=convert))
        return Cursor(tuple(binds))


def _linked(link: LinkMember, target: Noun, condition: Condition) -> list[Condition]:
    """The row behind a link; where its id is named, the link itself says so, and an index over it can be used."""
    if not isinstance(condition, Compare) or condition.column != "id" or condition.operator not in ("eq", "in"):
        return [Linked(link, target, condition)]
    named = Compare(link.column, condition.operator, condition.operand, eager=True)
    return [named] if target.is_public else [named, Linked(link, target, condition)]


def _order(noun: Noun, given: list[Mapping[str, Any]] | None) -> tuple[Order, str]:
    if not given:
        return BY_ID, tag_of([("id", True)])
    columns = [(noun.orderable[_name(each["field"])], _name(each["direction"]) == "ASC") for each in given]
    names = [column.name for column, _ in columns]
    if len(names) > MOST_ORDERS or len(set(names)) != len(names):
        raise BadOrder(limit=MOST_ORDERS)
    terms = [Term(column.ordered_by, up, column.nullable, column.kind) for column, up in columns]
    named = list(zip(names, (up for _, up in columns), strict=True))
    if "id" not in names:
        terms.append(Term("id", named[-1][1], nullable=False, kind=Kind.ID))
        named.append(("id", named[-1][1]))
    return tuple(terms), tag_of(named)


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))


def text_after(prefix: str) -> str:
    """The least text that is greater than every text that starts with this, compared by code points."""
    text = checked_text(prefix)
    while text:
        last = ord(text[-1])
        if last < 0x10FFFF:
            return text[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        text = text[:-1]
    return _NOTHING


def list_shape(value: Any) -> ListShape:
    """What is known of a list, be it a variable or written out."""
    if isinstance(value, Slot):
        shape: ListShape = value.shape
        return shape
    return ListShape(any(each is None for each in value), len(value) > MOST_ITEMS)


def _check_list(value: Any) -> None:
    shape = list_shape(value)
    if shape.too_long:
        raise ListTooLong(limit=MOST_ITEMS)
    if shape.nulls:
        raise NullOperand


def _converted(kind: Kind) -> Convert | None:
    if kind is Kind.TEXT:
        return checked_text
    return _name if kind is Kind.ENUM else None


def _searched(form: Callable[[str], str | None]) -> Convert:
    # What finds nothing asks for a word that no index holds.
    return lambda text: form(checked_text(text)) or _UNFOUND


_UNFOUND = "nothing"

__all__ = ["Arguments", "BadCursor", "Binds", "Coerced", "text_after"]
