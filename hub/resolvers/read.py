"""A request's text becomes an operation: parsed, bounded, validated, and remembered with its plans."""

import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    parse,
    type_from_ast,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_directive_values, get_variable_values
from graphql.language import Visitor, visit

from hub.errors import BadSyntax, BadVariables, HubError, InvalidDocument, ListTooLong, OperationUnknown
from hub.resolvers.cursors import form_of
from hub.resolvers.limits import DocumentLimits, check_document, count_tokens, strip_suggestions
from hub.resolvers.values import Coerced, Walk, Walker, raw_shape
from hub.schema.model import Model

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

DOCUMENTS_KEPT = 120_000
"""Tokens of all documents that are remembered, counted once for the document and once for each of its plans: about
30 MB, whoever asks for what."""
PLANS_KEPT = 200
"""Plans that one operation remembers."""


_VALUES = (
    (re.compile(r"(?<=value): .*?(?=\.? Did you mean|\Z)|[,;] found: .*?(?=\.? Did you mean|\Z)", re.DOTALL), ""),
    (re.compile(r"\A(Syntax Error: .*?\b(?:Block)?(?:String|Int|Float)) '.*", re.DOTALL), r"\1."),
    (re.compile(r"\AValue '.*?' does not exist", re.DOTALL), "The value does not exist"),
    (re.compile(r"\bNone\b(?=\.?\Z)"), "null"),
)
"""Where messages of graphql-core quote a value of the document, or speak Python."""


_VARIABLE = re.compile(r"Variable '(\$\w+)' has invalid value(?: at ([\w.\[\]]+))?:")
"""What graphql-core says of a variable: its name, and where in it the value stands that does not fit."""


class Kept(Generic[K, V]):
    """What was used last, up to a total weight."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is kept under the key."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep it, and let go what was not used for longest; what is heavier than everything together is not kept."""
        if key in self._kept:
            self._weight -= self._kept.pop(key)[1]
        if weight > self._most:
            return
        self._kept[key] = (value, weight)
        self._weight += weight
        while self._weight > self._most:
            self._weight -= self._kept.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._kept)


class Refusals(Exception):
    """A request with several errors; nothing of it runs."""

    def __init__(self, errors: list[HubError]) -> None:
        super().__init__()
        self.errors = errors


class Invalid(Exception):
    """A document that does not fit the schema; kept with it, since its messages depend on who asks."""

    def __init__(self, errors: list[GraphQLError], kind: OperationType) -> None:
        super().__init__()
        self.errors = errors
        self.kind = kind

    def told(self, *, suggestions: bool) -> Refusals:
        """The errors for a client; what it might have meant is for those who may read the schema."""
        return Refusals([_located(InvalidDocument(reason=_reason(each, suggestions)), each) for each in self.errors])


class Asked(Protocol):
    """What is read of a request on any transport."""

    @property
    def query(self) -> str | None: ...
    @property
    def operation_name(self) -> str | None: ...
    @property
    def variables(self) -> dict[str, Any]: ...


@dataclass(slots=True)
class Operation:
    """One operation of a document, with what its variables are walked by and the plans it was given."""

    node: OperationDefinitionNode
    document: DocumentNode
    fragments: dict[str, FragmentDetails]
    walks: Mapping[str, Walk]
    inlined: frozenset[str]
    shown: frozenset[str] = frozenset()
    """The variables that stand further in than in the arguments of root fields."""
    tokens: int = 0
    plans: Kept[Any, Any] = field(default_factory=lambda: Kept(PLANS_KEPT))

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    def shaped(self, coerced: Coerced) -> tuple[dict[str, Any], Any]:
        """The variables as planned (slots for leaves), and their shape."""
        planned: dict[str, Any] = {}
        shape: list[Any] = []
        for name, value in coerced.items():
            planned[name], form = self.walks[name](value, (name,))
            shape.append((name, raw_shape(value) if name in self.inlined else form))
        return planned, tuple(shape)

    def directive(self, schema: GraphQLSchema, name: str, values: VariableValues) -> dict[str, Any] | None:
        """The arguments of a directive on the operation. BadVariables for a null where none may be."""
        kind = schema.get_directive(name)
        try:
            return None if kind is None else get_directive_values(kind, self.node, values)
        except GraphQLError:
            raise BadVariables(reason=f"@{name}: null") from None


class Documents:
    """Documents as they were read, by text."""

    def __init__(self, schema: GraphQLSchema, model: Model, limits: DocumentLimits) -> None:
        self._schema = schema
        self._limits = limits
        self._walker = Walker(model, form_of)
        self._kept: Kept[tuple[str, str | None], Operation | Invalid] = Kept(DOCUMENTS_KEPT)

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation asked for. BadSyntax, OperationUnknown, TooComplex, Invalid."""
        found = self._kept.get((text, name))
        if found is None:
            found, weight = self._read(text, name)
            self._kept.put((text, name), found, weight)
        if isinstance(found, Invalid):
            # A new one: one that is raised again and again remembers every way it went, and what was on it.
            raise Invalid(found.errors, found.kind)
        return found

    def weigh(self, text: str, name: str | None, operation: Operation) -> None:
        """Count the operation's plans with it; what was not used for longest goes, plans and all."""
        self._kept.put((text, name), operation, operation.tokens * (1 + len(operation.plans)))

    def variables(self, operation: Operation, given: Mapping[str, Any]) -> VariableValues:
        """The variables as their types make them. BadVariables for each that does not fit, ListTooLong."""
        # Before they are looked at one by one: a body of empty objects would hold up everybody for a second.
        if _items(given) > self._limits.node_budget:
            raise ListTooLong(limit=self._limits.node_budget)
        nodes = operation.node.variable_definitions or ()
        values = get_variable_values(self._schema, nodes, dict(given), 20, hide_suggestions=True)
        if isinstance(values, VariableValues):
            return values
        raise Refusals([_bad_variable(error) for error in values])

    def _read(self, text: str, name: str | None) -> tuple[Operation | Invalid, int]:
        tokens = count_tokens(text, self._limits.tokens)
        try:
            document = parse(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise _located(
                BadSyntax(reason=_reason(error, suggestions=False).removeprefix("Syntax Error: ")), error
            ) from None
        node = _chosen(document, name)
        check_document(document, node, self._limits)
        errors = validate(self._schema, document, max_errors=20)
        if errors:
            return Invalid(errors, node.operation), tokens
        return self._operation(node, document, tokens), tokens

    def _operation(self, node: OperationDefinitionNode, document: DocumentNode, tokens: int) -> Operation:
        definitions = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        uses = _Uses()
        visit(document, uses)
        walks: dict[str, Walk] = {}
        for variable in node.variable_definitions or ():
            kind: Any = type_from_ast(self._schema, variable.type)
            name = variable.variable.name.value
            walks[name] = self._walker.of(kind, is_cursor=name in uses.cursors)
        fragments = {each.name.value: FragmentDetails(each) for each in definitions}
        shown = _variables_within(node, document)
        return Operation(node, document, fragments, walks, frozenset(uses.inlined), shown, tokens)


class _Uses(Visitor):
    """Which variables stand for cursors, and which stand inside representations."""

    def __init__(self) -> None:
        super().__init__()
        self.cursors: set[str] = set()
        self.inlined: set[str] = set()
        self._fields: list[str] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self._fields.append(node.name.value)

    def leave_field(self, *_: Any) -> None:
        self._fields.pop()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if isinstance(node.value, VariableNode):
            if node.name.value in ("after", "before"):
                self.cursors.add(node.value.name.value)
        elif self._fields and self._fields[-1] == "_entities":
            self.inlined |= set(_variables(node))


def _variables(node: Any) -> list[str]:
    found: list[str] = []

    class Names(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            found.append(variable.name.value)

    visit(node, Names())
    return found


def _variables_within(node: OperationDefinitionNode, document: DocumentNode) -> frozenset[str]:
    fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    roots = [each.selection_set if isinstance(each, FieldNode) else each for each in node.selection_set.selections]
    parts = [part for part in (*fragments, *roots) if part is not None]
    return frozenset(name for part in parts for name in _variables(part))


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        operations = [each for each in operations if each.name is not None and each.name.value == name]
    if len(operations) != 1:
        raise OperationUnknown
    return operations[0]


def _items(value: Any) -> int:
    """How many items all lists hold together."""
    if isinstance(value, list):
        return len(value) + sum(_items(each) for each in value if isinstance(each, (list, dict)))
    return sum(_items(each) for each in value.values() if isinstance(each, (list, dict)))


def _bad_variable(error: GraphQLError) -> HubError:
    """The scalar's own error keeps its code; of the message only what names the variable and its type is told."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HubError):
            named = _VARIABLE.match(error.message)
            cause.argument = named and _argument(named[1], named[2] or "")
            return cause
        cause = getattr(cause, "original_error", None) or cause.__cause__
    return _located(BadVariables(reason=_without_values(error.message)), error)


def _argument(variable: str, place: str) -> str:
    """`$case` and `.parties[0].amount` as extensions name arguments: `$case.parties.0.amount`."""
    steps = re.findall(r"\w+", place)
    return ".".join((variable, *steps))


def _without_values(message: str) -> str:
    """`Variable '$first' has invalid value: ...` up to where the value begins."""
    return (
        message.partition(" has invalid value")[0] + " has an invalid value"
        if " has invalid value" in message
        else _short(message)
    )


def _short(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:200]}…"


def _reason(error: GraphQLError, suggestions: bool) -> str:
    message = error.message
    for pattern, instead in _VALUES:
        message = pattern.sub(instead, message)
    return _short(message if suggestions else strip_suggestions(message))


def _located(error: HubError, told: GraphQLError) -> HubError:
    error.locations = [{"line": at.line, "column": at.column} for at in told.locations or ()]
    return error


__all__ = ["Asked", "Documents", "Invalid", "Kept", "Operation", "Refusals"]
