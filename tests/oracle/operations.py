"""Operations drawn at random: valid documents over the whole graph, some of them with one argument that does not fit."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type, is_leaf_type

from hub.schema.model import Model

from .given import Given
from .operands import Operands
from .rows import Data
from .trees import Variables, literal

BESIDE = ("_service", "events", "evidence", "news", "connections", "streamGroups")
"""Roots that no statement answers."""

FAULTS = (
    "zero", "many", "both", "broken", "foreign", "null operand", "bad id", "keys", "orders", "twice", "dimensions", "deep",
    "wide", "long",
)  # fmt: skip
"""What can be wrong with an argument."""

FAULTY = 0.12
"""The share of operations that shall have something wrong."""

MOST_ALIASES, MOST_TOKENS, MOST_FIELDS = 24, 1700, 40
"""What keeps an operation within the limits of a request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the document, its variables, and which of its operations is meant."""

    text: str
    variables: dict[str, Any]
    name: str | None


@dataclass(slots=True)
class Scope:
    """The response keys of a selection: what each stands for, and the keys below it."""

    keys: dict[str, tuple[str, "Scope"]] = field(default_factory=dict)


class Operations:
    """An endless supply of operations over one municipality; the same seed draws the same ones."""

    def __init__(self, core: GraphQLSchema, model: Model, data: Data, seed: int) -> None:
        self.core, self.model, self.data = core, model, data
        self.rng = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def draw(self) -> Asked:
        """The next operation."""
        while True:
            asked = _Draft(self.core, self.model, self.data, self.rng).operation()
            if len(re.findall(r"\w+|[^\w\s,]", asked.text)) < MOST_TOKENS:
                return asked


class _Draft:
    """One operation while it is written."""

    def __init__(self, core: GraphQLSchema, model: Model, data: Data, rng: random.Random) -> None:
        self.core, self.model, self.rng = core, model, rng
        self.variables = Variables(rng)
        fault = rng.choice(FAULTS) if rng.random() < FAULTY else None
        self.given = Given(model, Operands(core, model, data, rng, self.variables, fault), rng)
        self.fragments: list[str] = []
        self.shared: dict[str, tuple[str, list[str]]] = {}
        self.aliases = self.fields = self.directives = 0

    def operation(self) -> Asked:
        body = self.root()
        name = self.rng.choice((None, "Asked"))
        definitions = self._definitions("\n".join([body, *self.fragments]))
        heading = f"({', '.join(definitions)})" if definitions else ""
        text = f"query {name or ''}{heading} {body}" if name or heading or self.rng.random() < 0.5 else body
        text = "\n".join([text, *self.fragments])
        if name and self.rng.random() < 0.2:
            text = f"query Other {{ __typename }}\n{text}"
        return Asked(text, self.variables.values, name)

    def _definitions(self, written: str) -> list[str]:
        """Those of the variables that were not drawn in vain."""
        for name in list(self.variables.definitions):
            if not re.search(rf"\${name}\b", written):
                del self.variables.definitions[name]
                self.variables.values.pop(name, None)
        return list(self.variables.definitions.values())

    def root(self) -> str:
        query, scope = self.core.query_type, Scope()
        assert query
        names = [name for name in query.fields if name not in BESIDE]
        # What has scope, many rows and much below it is worth asking more often.
        names += ["cases"] * 8 + ["parties"] * 3 + ["caseStatistics", "referrals", "parties", "sourceRecords", "caseModes"] * 2
        names += ["case", "nodes", "node", "_entities", "referralStatistics"]
        chosen = [self.rng.choice(names) for _ in range(self.rng.choice((1, 1, 1, 1, 2, 2, 3)))]
        parts = [self.field(query, name, scope, depth=self.rng.choice((1, 2, 2, 3, 4)), rows=1) for name in chosen]
        return self._braced([*parts, *self._typename()], query, scope)

    def selection(self, kind: GraphQLObjectType, scope: Scope, depth: int, rows: int) -> str:
        """A selection on an object type, at least one field."""
        names = self._names(kind, depth)
        chosen = self.rng.sample(names, min(len(names), self.rng.choice((1, 2, 2, 3, 4, 6))))
        parts = [self.field(kind, name, scope, depth, rows) for name in chosen]
        return self._braced([part for part in parts if part] + self._typename(not any(parts)), kind, scope)

    def _names(self, kind: GraphQLObjectType, depth: int) -> list[str]:
        small = self.fields > MOST_FIELDS
        leaves = [name for name, made in kind.fields.items() if self._is_leaf(name, made)]
        paged = kind.name.endswith(("Connection", "Edge", "Statistics"))
        if (depth <= 0 or small) and not paged:
            return leaves
        others = [name for name, made in kind.fields.items() if not is_leaf_type(get_named_type(made.type))]
        return [*leaves, *others, *(others if paged or len(others) < len(leaves) else ())]

    def _is_leaf(self, name: str, made: Any) -> bool:
        return is_leaf_type(get_named_type(made.type)) and not name.endswith("Opened")

    def field(self, parent: GraphQLObjectType, name: str, scope: Scope, depth: int, rows: int) -> str:
        """One field, under a response key of its own unless it is the very same again."""
        self.fields += 1
        made = parent.fields[name]
        arguments, below = self._arguments(parent, name, rows)
        signature = f"{name}{arguments}: {made.type}"
        key = self._key(name, signature, scope)
        if key is None:
            return ""
        child = scope.keys.setdefault(key, (signature, Scope()))[1]
        head = (name if key == name else f"{key}: {name}") + arguments + self._condition()
        kind = get_named_type(made.type)
        if is_leaf_type(kind):
            return self._again(head, head)
        inner = self._of(kind, child, depth, below)
        return self._again(f"{head} {inner}", head, lambda: self._of(kind, child, depth - 2, below))

    def _again(self, written: str, head: str, inner: Any = None) -> str:
        if self.rng.random() > 0.06 or self.aliases >= MOST_ALIASES:
            return written
        self.aliases += 1
        return f"{written} {head}" + (f" {inner()}" if inner else "")

    def _key(self, name: str, signature: str, scope: Scope) -> str | None:
        taken = scope.keys.get(name)
        if (taken is None or taken[0] == signature) and self.rng.random() < 0.85:
            return name
        if self.aliases >= MOST_ALIASES:
            return name if taken is None or taken[0] == signature else None
        self.aliases += 1
        return f"k{self.aliases}"

    def _of(self, kind: Any, scope: Scope, depth: int, rows: int) -> str:
        if is_abstract_type(kind):
            return self._abstract(kind, scope, depth, rows)
        level = depth if kind.name.endswith(("Connection", "Edge", "PageInfo")) else depth - 1
        return self.selection(kind, scope, level, rows)

    def _abstract(self, kind: Any, scope: Scope, depth: int, rows: int) -> str:
        targets = list(self.core.get_possible_types(kind))
        parts = []
        for target in self.rng.sample(targets, min(len(targets), self.rng.choice((1, 2, 3, len(targets))))):
            inner = self.selection(target, scope, depth - 1, rows)
            parts.append(
                self._named(target.name, inner)
                if self.rng.random() < 0.3
                else f"... on {target.name}{self._condition()} {inner}"
            )
        if kind.name == "Node" and self.rng.random() < 0.5 and self._key("id", "id: ID!", scope) == "id":
            scope.keys["id"] = ("id: ID!", Scope())
            parts.append("id")
        elif kind.name != "Node" and self.rng.random() < 0.3:
            parts.append(self._common(targets[0].name, scope))
        return "{ " + " ".join(part for part in [*parts, *self._typename(not any(parts))] if part) + " }"

    def _common(self, target: str, scope: Scope) -> str:
        taken = scope.keys.setdefault("version", ("version: Int!", Scope()))
        return f"... on {target} {{ version }}" if taken[0] == "version: Int!" else ""

    def _named(self, kind: str, inner: str) -> str:
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {kind} {inner}")
        return f"...{name}{self._condition()}"

    def _braced(self, parts: list[str], kind: GraphQLObjectType, scope: Scope) -> str:
        self.rng.shuffle(parts)
        if self.rng.random() < 0.2 and len(parts) > 1:
            cut = self.rng.randrange(1, len(parts))
            inner = "{ " + " ".join(parts[cut:]) + " }"
            on = self.rng.choice((f" on {kind.name}", ""))
            wrapped = self._named(kind.name, inner) if self.rng.random() < 0.5 else f"...{on}{self._condition()} {inner}"
            parts = [*parts[:cut], wrapped]
        if self.rng.random() < 0.1 and self.core.type_map["Node"] in kind.interfaces:
            parts.append(self._of_node(scope))
        if self.rng.random() < 0.15:
            parts.append(self._shared(kind, scope))
        return "{ " + " ".join(parts) + " }"

    def _of_node(self, scope: Scope) -> str:
        """A fragment on the interface, inside a type that implements it."""
        if scope.keys.setdefault("id", ("id: ID!", Scope()))[0] != "id: ID!":
            return ""
        return self._named("Node", "{ id }") if self.rng.random() < 0.5 else f"... on Node{self._condition()} {{ id }}"

    def _shared(self, kind: GraphQLObjectType, scope: Scope) -> str:
        """A fragment of plain fields that is spread wherever its type is met."""
        leaves = {name: f"{name}: {made.type}" for name, made in kind.fields.items() if self._is_leaf(name, made)}
        _, names = self.shared.get(kind.name, ("", list(leaves)))
        if any(scope.keys.get(name, (leaves[name],))[0] != leaves[name] for name in names):
            return ""
        if kind.name not in self.shared:
            names = self.rng.sample(list(leaves), min(len(leaves), 3))
            self.shared[kind.name] = (f"F{len(self.fragments)}", names)
            self.fragments.append(f"fragment F{len(self.fragments)} on {kind.name} {{ {' '.join(names) or '__typename'} }}")
        fragment, names = self.shared[kind.name]
        scope.keys.update({name: (leaves[name], Scope()) for name in names})
        return f"...{fragment}{self._condition()}"

    def _typename(self, wanted: bool = False) -> list[str]:
        return ["__typename"] if wanted or self.rng.random() < 0.12 else []

    def _condition(self) -> str:
        if self.rng.random() > 0.06 or self.directives > 40:
            return ""
        self.directives += 1
        name, value = self.rng.choice(("skip", "include")), self.rng.random() < 0.5
        return f" @{name}(if: {self._boolean(value)})"

    def _boolean(self, value: bool) -> str:
        if self.rng.random() < 0.5:
            return literal(value)
        name = f"v{len(self.variables.definitions)}"
        default = self.rng.choice(("", f" = {literal(not value)}"))
        self.variables.definitions[name] = f"${name}: Boolean!{default}"
        if not default or self.rng.random() < 0.7:
            self.variables.values[name] = value
        return f"${name}"

    def _arguments(self, parent: GraphQLObjectType, name: str, rows: int) -> tuple[str, int]:
        """The arguments as written, and how many rows the field leads to at most."""
        if not parent.fields[name].args:
            return "", rows
        given, below = self.given.of(parent.name, name, rows)
        shown = ", ".join(f"{key}: {literal(value)}" for key, value in given.items())
        return (f"({shown})" if shown else ""), below
