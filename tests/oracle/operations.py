"""Operations drawn at random: valid documents over the whole graph, some of them with one argument that does not fit."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_abstract_type, is_leaf_type

from hub.schema.declare import camel
from hub.schema.model import Model, Noun

from .arguments import row_of, target_of
from .operands import Operands, Variables, Word, literal
from .rows import Data

FAULTS = (
    "zero", "many", "both", "broken", "foreign", "null operand", "bad id", "keys", "orders", "twice", "dimensions", "deep",
    "wide", "long",
)  # fmt: skip
"""What can be wrong with an argument."""

FAULTY = 0.12
"""The share of operations that shall have something wrong."""

MOST_NODES, MOST_ALIASES, MOST_TOKENS, MOST_FIELDS = 4000, 24, 1700, 40
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
        self.operands = Operands(core, model, data, rng, self.variables, fault)
        self.fragments: list[str] = []
        self.aliases = self.nodes = self.fields = self.directives = 0

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
        names = [name for name in query.fields if name != "_service"]
        # What has scope, many rows and much below it is worth asking more often.
        names += ["cases"] * 8 + ["caseStatistics", "referrals", "parties", "sourceRecords", "caseModes"] * 2
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
            parts.append(self._common(scope))
        return "{ " + " ".join(part for part in [*parts, *self._typename(not any(parts))] if part) + " }"

    def _common(self, scope: Scope) -> str:
        taken = scope.keys.setdefault("version", ("version: Int!", Scope()))
        return "... on Case { version }" if taken[0] == "version: Int!" else ""

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
        del scope
        return "{ " + " ".join(parts) + " }"

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
        given, below = self._given(parent.name, name, rows)
        shown = ", ".join(f"{key}: {literal(value)}" for key, value in given.items())
        return (f"({shown})" if shown else ""), below

    def _given(self, parent: str, name: str, rows: int) -> tuple[dict[str, Any], int]:
        operands, place = self.operands, self.variables.place
        if name == "node" and parent == "Query":
            return {"id": place("ID!", operands.id_of(), absent=False)}, rows
        if name == "nodes" and parent == "Query":
            ids = [operands.id_of() for _ in range(self.rng.choice((0, 1, 2, 4, 8)))]
            return {"ids": place("[ID!]!", ids, absent=False)}, len(ids)
        if name == "_entities":
            entries = [self._representation() for _ in range(self.rng.choice((0, 1, 2, 4)))]
            return {"representations": place("[_Any!]!", entries, 0.7, absent=False)}, len(entries)
        if parent == "Query" and (noun := row_of(self.model, name)):
            return self._keys(noun), rows
        target = target_of(self.model, parent, name)
        assert target
        if parent == "Query" and name.endswith("Statistics"):
            return self._statistics(target), rows * 20
        return self._page(target, rows)

    def _page(self, noun: Noun, rows: int) -> tuple[dict[str, Any], int]:
        most = max(1, min(100, (MOST_NODES - self.nodes) // (4 * max(rows, 1))))
        given = self.operands.page(noun, most)
        size = next((value for name in ("first", "last") if isinstance(value := given.get(name), int)), most)
        below = max(rows, 1) * min(max(size, 1), 100)
        self.nodes += below
        return given, below

    def _keys(self, noun: Noun) -> dict[str, Any]:
        natural = self._natural(noun)
        by_id = {"id": self.variables.place("ID", self.operands.id_of(noun.name, noun.name, "Case"), absent=False)}
        fault = self.operands.take("keys")
        if fault:
            half = dict(list(natural.items())[:-1])
            return self.rng.choice(({}, {"id": None}, by_id | natural if natural else {}, half))
        if not natural or self.rng.random() < 0.5 or self.operands.fault == "bad id":
            return by_id | (
                {"id": by_id["id"]} if not natural else dict.fromkeys(list(natural)[:1]) if self.rng.random() < 0.1 else {}
            )
        return {name: self.variables.place("String", value, absent=False) for name, value in natural.items()}

    def _natural(self, noun: Noun) -> dict[str, str]:
        rows = [row for row in self.operands.data[noun.name].values() if all(row[name] for name in noun.key)]
        if not noun.key:
            return {}
        row = self.rng.choice(rows) if rows and self.rng.random() < 0.9 else dict.fromkeys(noun.key, "nothing")
        return {camel(name): row[name] for name in noun.key}

    def _representation(self) -> Any:
        if self.rng.random() < 0.15:
            return self.rng.choice(
                (
                    5,
                    "Case",
                    [],
                    {},
                    {"__typename": "Policy", "id": "x"},
                    {"__typename": "Case"},
                    {"__typename": "Case", "id": None},
                )
            )
        noun = self.rng.choice(self.model.graph_nouns)
        natural = self._natural(noun)
        key = natural if natural and self.rng.random() < 0.5 else {"id": self.operands.id_of(noun.name)}
        return {"__typename": noun.name} | key

    def _statistics(self, noun: Noun) -> dict[str, Any]:
        names = list(noun.dimensions)
        by = self.rng.sample(names, self.rng.choice((0, 1, 1, 2, 3, 4)))
        if self.operands.take("dimensions"):
            by = self.rng.choice((self.rng.sample(names, 5), ["STATE", "STATE"]))
        given: dict[str, Any] = {"filter": self.operands.filter(noun)} if self.rng.random() < 0.5 else {}
        if by or self.rng.random() < 0.5:
            given["by"] = self.variables.place(f"[{noun.name}Dimension!]", [Word(name) for name in by])
        return given
