"""How large a GraphQL document may be, decided before it is validated: pure functions over text and syntax tree."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
)

from hub.errors import InvalidDocument, ListTooLong, TooComplex

# Twice the longest token that documents are made of: beyond it, text is comments, blanks or literals that should be
# variables, and reading it costs more than the tokens suggest.
CHARACTERS_PER_TOKEN = 50
# What a connection is made of is no step to another entity. `node(id: ...)` is one: it has arguments.
WRAPPERS = frozenset({"edges", "node", "nodes", "pageInfo"})
INTROSPECTION = frozenset({"__schema", "__type"})
_ALIASES = "aliases and repeated fields"
_DEPTH = "depth"
# Possessive, with an end for every beginning: each character is looked at once, whatever the text.
_TOKEN = re.compile(
    r"""
      \#[^\n\r]*+
    | \"{3}(?:[^"\\]++|\\\"{3}|\\|\"(?!\"\"))*+(?:\"{3}|\Z)
    | "(?:[^"\\\n\r]++|\\.)*+"?
    | [_A-Za-z][_0-9A-Za-z]*+
    | -?[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+
    | \.\.\.
    | [^\s,\ufeff]
    """,
    re.VERBOSE,
)
_SUGGESTION = re.compile(r"(?:,? )[Dd]id you mean:? [^?]*\?")


class DocumentLimits(Protocol):
    """The bounds of one document; counts are those of the operation with its fragments spread out."""

    @property
    def aliases(self) -> int: ...
    @property
    def directives(self) -> int: ...
    @property
    def entity_levels(self) -> int: ...
    @property
    def list_items(self) -> int: ...
    @property
    def node_budget(self) -> int: ...
    @property
    def raw_depth(self) -> int: ...
    @property
    def root_fields(self) -> int: ...
    @property
    def root_mutations(self) -> int: ...
    @property
    def tokens(self) -> int: ...


def count_tokens(source: str, limit: int) -> int:
    """How many tokens the text holds, comments included, counted before anything is parsed.

    Never fewer than the parser reads from a well-formed document. Raises TooComplex (HUB-110).
    """
    _hold("characters", len(source), limit * CHARACTERS_PER_TOKEN)
    tokens = 0
    for _ in _TOKEN.finditer(source):
        tokens += 1
        _hold("tokens", tokens, limit)
    return tokens


def check_document(document: DocumentNode, operation: OperationDefinitionNode, limits: DocumentLimits) -> int:
    """Refuse an operation that is too large, and give the number of nodes that were looked at.

    Each definition is walked once and each fragment's size worked out once, so the work is linear in the document,
    however often fragments spread one another. Introspection (`__schema`, `__type`) is exempt from entity levels;
    its own depth is bounded by validation.
    Raises TooComplex (HUB-110), ListTooLong (HUB-206), InvalidDocument (HUB-107) where fragments form a cycle.
    """
    walk = _Walk(limits)
    fragments: dict[str, _Shape] = {}
    shape = _Shape()
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = walk.definition(definition)
        elif isinstance(definition, OperationDefinitionNode):
            walked = walk.definition(definition)
            shape = walked if definition is operation else shape
    size = _size(shape, _sizes(fragments, limits), limits)
    _hold("entity levels", size.levels, limits.entity_levels)
    roots = limits.root_mutations if operation.operation is OperationType.MUTATION else limits.root_fields
    _hold("root fields", size.roots, roots)
    return walk.visits


def strip_suggestions(message: str) -> str:
    """A validation message without what it suggests: names that the client did not know stay unknown."""
    return _SUGGESTION.sub("", message)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a selection set stands in its definition."""

    depth: int = 1
    level: int = 0
    at_root: bool = True
    introspecting: bool = False

    def below(self, node: FieldNode) -> "_Place":
        """The place of this field's own selection set."""
        name = node.name.value
        introspecting = self.introspecting or name in INTROSPECTION
        steps = not introspecting and (name not in WRAPPERS or bool(node.arguments))
        return _Place(self.depth + 1, self.level + steps, at_root=False, introspecting=introspecting)

    def within(self) -> "_Place":
        """The place of an inline fragment's selection set."""
        return _Place(self.depth + 1, self.level, self.at_root, self.introspecting)


@dataclass(slots=True)
class _Shape:
    """What one definition holds itself, and which fragments it spreads where."""

    aliases: int = 0
    directives: int = 0
    fields: int = 0
    roots: int = 0
    depth: int = 0
    levels: int = 0
    spreads: list[tuple[str, _Place]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Size:
    """A definition with all its fragments spread out."""

    aliases: int = 0
    directives: int = 0
    fields: int = 0
    roots: int = 0
    depth: int = 0
    levels: int = 0


_NOTHING = _Size()


class _Walk:
    """One pass over every node of a document, with an early end."""

    def __init__(self, limits: DocumentLimits) -> None:
        self._limits = limits
        self._directives = 0
        self.visits = 0

    def definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> _Shape:
        shape = _Shape()
        self._decorated(node.directives, shape)
        for variable in node.variable_definitions or ():
            self._decorated(variable.directives, shape)
            if variable.default_value is not None:
                self._value(variable.default_value, self._limits.list_items, 1)
        self._selections(node.selection_set, _Place(), shape, set())
        return shape

    def _selections(self, selections: SelectionSetNode, place: _Place, shape: _Shape, objects: set[str]) -> None:
        """Walk a selection set; `objects` are the objects asked for so far where this set's answers will stand."""
        _hold(_DEPTH, place.depth, self._limits.raw_depth)
        shape.depth = max(shape.depth, place.depth)
        shape.levels = max(shape.levels, place.level)
        leaves: set[str] = set()
        for node in selections.selections:
            self.visits += 1
            self._decorated(node.directives, shape)
            if isinstance(node, FieldNode):
                shape.aliases += _asks_again(node, objects if node.selection_set else leaves)
                _hold(_ALIASES, shape.aliases, self._limits.aliases)
                self._field(node, place, shape)
            elif isinstance(node, FragmentSpreadNode):
                shape.spreads.append((node.name.value, place))
            elif isinstance(node, InlineFragmentNode):
                self._selections(node.selection_set, place.within(), shape, objects)

    def _field(self, node: FieldNode, place: _Place, shape: _Shape) -> None:
        shape.fields += 1
        shape.roots += place.at_root
        # The gateway's keys are bounded like the nodes that they ask for.
        items = self._limits.node_budget if node.name.value == "_entities" else self._limits.list_items
        for argument in node.arguments or ():
            self._value(argument.value, items, 1)
        if node.selection_set is not None:
            self._selections(node.selection_set, place.below(node), shape, set())

    def _decorated(self, directives: Iterable[DirectiveNode] | None, shape: _Shape) -> None:
        for directive in directives or ():
            self.visits += 1
            self._directives += 1
            shape.directives += 1
            # Over all definitions: validation looks at unused ones too.
            _hold("directives", self._directives, self._limits.directives)
            for argument in directive.arguments or ():
                self._value(argument.value, self._limits.list_items, 1)

    def _value(self, value: ValueNode, items: int, depth: int) -> None:
        self.visits += 1
        _hold(_DEPTH, depth, self._limits.raw_depth)
        if isinstance(value, ListValueNode):
            if len(value.values) > items:
                raise ListTooLong(limit=items)
            for item in value.values:
                self._value(item, items, depth + 1)
        elif isinstance(value, ObjectValueNode):
            for member in value.fields:
                self._value(member.value, items, depth + 1)


def _asks_again(node: FieldNode, seen: set[str]) -> bool:
    """Whether this is an alias or the same field again: both ask once more, and validation compares every pair."""
    name = node.name.value
    if node.alias is not None or name in seen:
        return True
    seen.add(name)
    return False


def _sizes(fragments: Mapping[str, _Shape], limits: DocumentLimits) -> dict[str, _Size]:
    """Every fragment's size, those that it spreads first."""
    order = TopologicalSorter({name: {spread for spread, _ in shape.spreads} for name, shape in fragments.items()})
    sizes: dict[str, _Size] = {}
    try:
        for name in order.static_order():
            if name in fragments:
                sizes[name] = _size(fragments[name], sizes, limits)
    except CycleError:
        raise InvalidDocument(reason="fragments form a cycle") from None
    return sizes


def _size(shape: _Shape, sizes: Mapping[str, _Size], limits: DocumentLimits) -> _Size:
    aliases, directives, fields, roots = shape.aliases, shape.directives, shape.fields, shape.roots
    depth, levels = shape.depth, shape.levels
    for name, place in shape.spreads:
        # An unknown fragment is left to validation, which names it.
        size = sizes.get(name, _NOTHING)
        aliases += size.aliases
        directives += size.directives
        fields += size.fields
        roots += size.roots if place.at_root else 0
        # A fragment's own braces add nothing: its fields stand where it is spread.
        depth = max(depth, place.depth + size.depth - 1)
        levels = max(levels, 0 if place.introspecting else place.level + size.levels)
    _hold(_ALIASES, aliases, limits.aliases)
    _hold("directives", directives, limits.directives)
    # Without fragments there are fewer fields than tokens; with them there shall not be more.
    _hold("fields", fields, limits.tokens)
    _hold(_DEPTH, depth, limits.raw_depth)
    return _Size(aliases, directives, fields, roots, depth, levels)


def _hold(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise TooComplex(what=what, limit=limit)
