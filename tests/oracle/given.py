"""The arguments of a field, drawn by what the field is."""

import random
from typing import Any

from hub.schema.declare import camel
from hub.schema.model import Model, Noun

from .arguments import row_of, target_of
from .operands import Operands, askable
from .trees import Variables, Word

MOST_NODES = 4000
"""What keeps an operation within what a request may read."""


class Given:
    """Draws the arguments of one operation."""

    def __init__(self, model: Model, operands: Operands, rng: random.Random) -> None:
        self.model, self.operands, self.rng = model, operands, rng
        self.variables: Variables = operands.variables
        self.nodes = 0

    def of(self, parent: str, name: str, rows: int) -> tuple[dict[str, Any], int]:
        """The arguments of a field under `rows` rows, and how many rows it leads to at most."""
        operands, place = self.operands, self.variables.place
        if name == "node" and parent == "Query":
            return {"id": place("ID!", operands.id_of(), absent=False)}, rows
        if name == "nodes" and parent == "Query":
            ids = [operands.id_of() for _ in range(self.rng.choice((0, 1, 2, 4, 8)))]
            return {"ids": place("[ID!]!", operands.alone(ids), absent=False)}, len(ids)
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
        rows = [row for row in self.operands.data[noun.name].values() if all(askable(row[name]) for name in noun.key)]
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
            given["by"] = self.variables.place(f"[{noun.name}Dimension!]", self.operands.alone([Word(name) for name in by]))
        return given
