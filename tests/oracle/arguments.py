"""Arguments that do not fit refuse the whole request: found before anything is answered, in document order.

Every selected field is looked at, whether or not a row leads to it; of an interface or a union, under each type.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type, is_object_type
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import OperationDefinitionNode

from hub.errors import (
    BadOrder,
    BadPageSize,
    FilterTooDeep,
    FirstAndLast,
    HubError,
    ListTooLong,
    MalformedId,
    NullOperand,
    OneKeyOnly,
    TooManyDimensions,
)
from hub.schema.declare import camel
from hub.schema.model import LEVELS, Column, LinkMember, ManyMember, Model, Noun, Sealed
from hub.schema.scalars import Kind

from .pages import Order, Page, order_of, read_cursor

LARGEST_PAGE, USUAL_PAGE = 100, 20
LONGEST_LIST, WIDEST, DEEPEST, MOST_LISTS = 250, 20, 8, 2
MOST_ORDERS, MOST_DIMENSIONS = 3, 4

Path = tuple[str, ...]
Arguments = dict[str, Any]


class Checker:
    """Walks one operation and raises the first error, with the response path of its field."""

    def __init__(
        self,
        schema: GraphQLSchema,
        model: Model,
        operation: OperationDefinitionNode,
        *,
        fragments: Mapping[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        self.schema, self.model, self.operation = schema, model, operation
        self.fragments, self.variables = dict(fragments), variables
        self.matched: set[str] = set()

    def check(self) -> None:
        """Check every field of the operation."""
        query = self.schema.query_type
        assert query
        self._fields(
            query, collect_fields(self.schema, self.fragments, self.variables, query, self.operation).grouped_field_set, ()
        )

    def _fields(self, kind: GraphQLObjectType, found: Mapping[str, list[FieldDetails]], above: Path) -> None:
        for key, details in found.items():
            field = kind.fields.get(details[0].node.name.value)
            if field is not None:
                self._field(kind, field, details, (*above, key))

    def _field(self, kind: GraphQLObjectType, field: GraphQLField, details: list[FieldDetails], path: Path) -> None:
        arguments = get_argument_values(field, details[0].node, self.variables)
        try:
            check_arguments(self.model, kind.name, details[0].node.name.value, arguments)
        except HubError as error:
            error.path = path
            raise
        noun = target_of(self.model, kind.name, details[0].node.name.value)
        if noun is not None:
            self.matched |= matched(self.model, noun, arguments.get("filter") or {})
        for target in self._targets(get_named_type(field.type)):
            below = collect_subfields(self.schema, self.fragments, self.variables, self.operation, target, details)
            self._fields(target, below.grouped_field_set, path)

    def _targets(self, kind: Any) -> Sequence[GraphQLObjectType]:
        if is_abstract_type(kind):
            return self.schema.get_possible_types(kind)
        return [kind] if is_object_type(kind) else []


def check_arguments(model: Model, parent: str, name: str, arguments: Arguments) -> None:
    """Raise what is wrong with the arguments of one field."""
    if parent == "Query" and name in ("node", "nodes"):
        given = arguments["ids"] if name == "nodes" else [arguments["id"]]
        _no_longer_than(LONGEST_LIST, given)
        for id_ in given:
            model.noun_of(id_)
    elif parent == "Query" and (noun := row_of(model, name)) is not None:
        check_keys(model, noun, arguments)
    elif (noun := target_of(model, parent, name)) is not None:
        _checks(parent, name)(model, noun, arguments)


def _checks(parent: str, name: str) -> Callable[[Model, Noun, Arguments], object]:
    if parent == "Query" and name.endswith("Statistics"):
        return _check_statistics
    return page_of


def target_of(model: Model, parent: str, name: str) -> Noun | None:
    """The noun of a list, of statistics or of a root that gives one row; None for any other field."""
    if parent == "Query":
        for noun in model.graph_nouns:
            one = noun.name[0].lower() + noun.name[1:]
            if name in (camel(noun.declared.plural), f"{one}Statistics"):
                return noun
        return None
    member = model.nouns[parent].by_graph.get(name) if parent in model.nouns else None
    return model[member.target] if isinstance(member, ManyMember) else None


def row_of(model: Model, name: str) -> Noun | None:
    """The noun of a root that gives one row."""
    return next((noun for noun in model.graph_nouns if name == noun.name[0].lower() + noun.name[1:]), None)


def check_keys(model: Model, noun: Noun, arguments: Arguments) -> dict[str, str]:
    """The one key that is given, by member name; OneKeyOnly unless it is exactly one and whole."""
    given = {name: value for name, value in arguments.items() if value is not None}
    natural = {name: given[camel(name)] for name in noun.key if camel(name) in given}
    if ("id" in given) == bool(natural) or (natural and len(natural) < len(noun.key)):
        raise OneKeyOnly
    if natural:
        return natural
    model.noun_of(given["id"])
    return {"id": given["id"]}


def page_of(model: Model, noun: Noun, arguments: Arguments) -> Page:
    """The page that the arguments of a list ask for."""
    check_filter(model, noun, arguments.get("filter") or {})
    order = order_asked(noun, arguments.get("orderBy") or [])
    first, after, last, before = (arguments.get(name) for name in ("first", "after", "last", "before"))
    if (first is not None or after is not None) and (last is not None or before is not None):
        raise FirstAndLast
    size = first if first is not None else last
    if size is not None and not 1 <= size <= LARGEST_PAGE:
        raise BadPageSize(limit=LARGEST_PAGE)
    text = after if after is not None else before
    cursor = None if text is None else read_cursor(noun, text, order)
    return Page(order, USUAL_PAGE if size is None else size, last is not None or before is not None, cursor)


def order_asked(noun: Noun, terms: list[dict[str, str]]) -> Order:
    """The order of a list; BadOrder with too many terms or a field twice."""
    fields = [term["field"] for term in terms]
    if len(fields) > MOST_ORDERS or len(set(fields)) < len(fields):
        raise BadOrder(limit=MOST_ORDERS)
    return order_of((noun.orderable[term["field"]].name, term["direction"] == "ASC") for term in terms)


def _check_statistics(model: Model, noun: Noun, arguments: Arguments) -> None:
    check_filter(model, noun, arguments.get("filter") or {})
    by = arguments.get("by") or []
    if len(by) > MOST_DIMENSIONS or len(set(by)) < len(by):
        raise TooManyDimensions(limit=MOST_DIMENSIONS)


def check_filter(model: Model, noun: Noun, wanted: Arguments, depth: int = 1, lists: int = 0) -> None:
    """Raise what is wrong with a filter: depth, width, nulls, long lists, ids that are none."""
    if depth > DEEPEST:
        raise FilterTooDeep(limit=DEEPEST)
    if lists > MOST_LISTS:
        raise FilterTooDeep(limit=MOST_LISTS)
    for name, value in wanted.items():
        if value is None:
            raise NullOperand
        if name in ("and", "or") and len(value) > WIDEST:
            raise FilterTooDeep(limit=WIDEST)
        for target, below in _below(model, noun, name, value):
            check_filter(model, target, below, depth + 1, lists + _is_list(noun, name))
        if name not in ("and", "or", "not", "search") and not _is_nested(noun, name):
            _check_operators(model, noun, name, value)


def _is_list(noun: Noun, name: str) -> bool:
    return name not in (*LEVELS, "and", "or", "not", "search") and isinstance(noun.by_graph[name], ManyMember)


def matched(model: Model, noun: Noun, wanted: Arguments) -> set[str]:
    """The members that a filter matches exactly, anywhere within it."""
    found: set[str] = set()
    for name, value in wanted.items():
        for target, below in _below(model, noun, name, value):
            found |= matched(model, target, below)
        member = None if name in (*LEVELS, "and", "or", "not", "search") else noun.by_graph[name]
        if isinstance(member, (Column, Sealed)) and member.hashed:
            found.add(f"{noun.name}.{name}")
    return found


def _is_nested(noun: Noun, name: str) -> bool:
    return name not in LEVELS and isinstance(noun.by_graph[name], (LinkMember, ManyMember))


def _below(model: Model, noun: Noun, name: str, value: Any) -> Iterator[tuple[Noun, Arguments]]:
    if name in ("and", "or"):
        yield from ((noun, each) for each in value)
    elif name == "not":
        yield noun, value
    elif name != "search" and _is_nested(noun, name):
        member = noun.by_graph[name]
        if isinstance(member, LinkMember):
            yield model[member.targets[0]], value
        elif isinstance(member, ManyMember):
            for each in value.values():
                if each is None:
                    raise NullOperand
                yield model[member.target], each


def _check_operators(model: Model, noun: Noun, name: str, operators: Arguments) -> None:
    member = None if name in LEVELS and noun.placed else noun.by_graph[name]
    for operand in operators.values():
        if operand is None:
            raise NullOperand
        _no_longer_than(LONGEST_LIST, operand)
        if isinstance(member, Column) and member.kind is Kind.ID:
            for id_ in operand if isinstance(operand, list) else [operand]:
                if id_ is None:
                    raise MalformedId
                model.noun_of(id_)


def _no_longer_than(limit: int, value: Any) -> None:
    if isinstance(value, list) and len(value) > limit:
        raise ListTooLong(limit=limit)
