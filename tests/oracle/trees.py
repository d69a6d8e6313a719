"""Values as a document or its variables write them."""

import json
import random
from dataclasses import dataclass, field
from typing import Any

Tree = Any
"""A value as it is written: texts, numbers, lists, objects; `Word` an enum's value, `Var` a variable in its place."""


class Word(str):
    """The value of an enum."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Var:
    """A variable in the place of a value."""

    name: str


def literal(tree: Tree) -> str:
    """The value as the query language writes it."""
    if isinstance(tree, Var):
        return f"${tree.name}"
    if isinstance(tree, Word):
        return str(tree)
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{name}: {literal(value)}" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(literal, tree)) + "]"
    return json.dumps(tree, ensure_ascii=False)


@dataclass(slots=True)
class Variables:
    """The variables of one operation."""

    rng: random.Random
    definitions: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def place(self, kind: str, value: Tree, share: float = 0.3, *, absent: bool = True) -> Tree:
        """The value itself, or a variable that brings it: given, as its default, over another default, or not at all."""
        if self.rng.random() >= share:
            return value
        name = f"v{len(self.definitions)}"
        way = self.rng.choice(("given", "given", "given", "default", "over", "absent" if absent else "given"))
        default = f" = {literal(value)}" if way in ("default", "over") and value is not None else ""
        must = "!" if not default and way == "given" and value is not None and self.rng.random() < 0.3 else ""
        self.definitions[name] = f"${name}: {kind.removesuffix('!') + '!' if must else kind}{default}"
        if way in ("given", "over"):
            self.values[name] = value
        return Var(name)

    def bring(self, kind: str, value: Tree) -> Var:
        """A variable that is given the value."""
        name = f"v{len(self.definitions)}"
        self.definitions[name] = f"${name}: {kind}"
        self.values[name] = value
        return Var(name)
