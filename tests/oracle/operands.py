"""Values of arguments: filters, orders, cursors and ids drawn from the data, as literals or as variables."""

import random
import re
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLSchema

from hub.schema.model import CodeColumn, Column, LinkMember, ManyMember, Member, Model, Noun, Sealed
from hub.schema.scalars import Kind, show_money

from . import words
from .pages import BY_ID, Order, cursor_of, order_of, stored
from .registers import DANGLING
from .rows import Data
from .trees import Tree, Variables, Word

# What a request may not hold at all is another test's matter.
_CONTROLS = re.compile(r"[\x00-\x1f]")


def askable(text: str | None) -> bool:
    """Whether a request may hold the text at all."""
    return bool(text) and not _CONTROLS.search(text or "")


@dataclass(slots=True)
class Operands:
    """Draws the arguments of one operation; `fault` is the one thing that will be wrong with them, once."""

    core: GraphQLSchema
    model: Model
    data: Data
    rng: random.Random
    variables: Variables
    fault: str | None = None

    def take(self, *faults: str) -> str | None:
        """The fault that is still to come if it is one of these, and its turn has come."""
        if self.fault not in faults or self.rng.random() < 0.2:
            return None
        fault, self.fault = self.fault, None
        return fault

    def id_of(self, *nouns: str) -> str:
        """An id: mostly of a row, sometimes of none."""
        if self.take("bad id"):
            return self.rng.choice(("", "case", "case_1", "nobody_00", "region_", "case_" + "A" * 32, " "))
        noun = self.model[self.rng.choice(nouns or [noun.name for noun in self.model.graph_nouns])]
        ids = list(self.data[noun.name])
        if ids and self.rng.random() < 0.85:
            return self.rng.choice(ids)
        return f"{noun.prefix}_{self.rng.getrandbits(128):032x}"

    def page(self, noun: Noun, most: int) -> dict[str, Tree]:
        """The arguments of a list of at most so many rows."""
        given: dict[str, Tree] = {}
        if self.rng.random() < 0.5 or self.fault in ("null operand", "bad id", "deep", "wide", "long"):
            given["filter"] = self.filter(noun)
        order: Order = BY_ID
        if self.rng.random() < 0.6 or self.fault in ("orders", "twice", "foreign"):
            given["orderBy"], order = self.order(noun)
        return given | self._part(noun, order, most)

    def _part(self, noun: Noun, order: Order, most: int) -> dict[str, Tree]:
        size, at = self.rng.choice((("first", "after"), ("first", "after"), ("last", "before")))
        given: dict[str, Tree] = {}
        if fault := self.take("zero", "many", "both"):
            value = {"zero": self.rng.choice((0, -1)), "many": 101, "both": 3}[fault]
            given[size] = self.variables.place("Int", value, absent=False)
            if fault == "both":
                given["last" if size == "first" else "before"] = 1 if size == "first" else self.cursor(noun, order)
                return given if size == "first" else {"first": 2} | given
            return given
        if most < 20 or size == "last" or self.rng.random() < 0.7:
            value = min(most, self.rng.choice((1, 2, 3, 5, 20, 100)))
            given[size] = self.variables.place("Int", value, absent=most >= 20 and size == "first")
        if self.rng.random() < 0.3 or self.fault in ("broken", "foreign"):
            given[at] = self.variables.place("String", self.cursor(noun, order))
        if size == "first" and self.rng.random() < 0.1:
            given[self.rng.choice(("last", "before"))] = None
        return given

    def cursor(self, noun: Noun, order: Order) -> str | None:
        """The cursor of some row, whether or not the viewer sees it."""
        if self.take("broken"):
            bad = [b"5", b"[]", b"[1]", b'{"a":1}', b"null", b'["id:a"]', b'["id:a",5]', b'["id:a","x","y"]', b"[", b"\xff"]
            return self.rng.choice(["", "zz", "0", "5B22", *(each.hex() for each in bad)])
        rows = list(self.data[noun.name].values())
        if self.take("foreign") or not rows:
            return b'["nothing:a","x"]'.hex() if not rows and self.fault else None if not rows else self._foreign(noun, order)
        return cursor_of(noun, self.rng.choice(rows), order)

    def _foreign(self, noun: Noun, order: Order) -> str:
        other = tuple((name, not ascending) for name, ascending in order)
        return cursor_of(noun, self.rng.choice(list(self.data[noun.name].values())), other)

    def order(self, noun: Noun) -> tuple[Tree, Order]:
        """An order of one to three fields, and what it means."""
        count = min(len(noun.orderable), self.rng.choice((0, 1, 1, 1, 2, 3)))
        if self.take("orders"):
            count = min(len(noun.orderable), 4)
        names = self.rng.sample(list(noun.orderable), count)
        if len(names) < 4 and self.take("twice"):
            names = [*names[:2], *(names[:1] or ["ID"] * 2)]
        terms = [{"field": Word(name)} | self._direction() for name in names]
        order = order_of((noun.orderable[each["field"]].name, each.get("direction") != "DESC") for each in terms)
        return self.variables.place(f"[{noun.name}Order!]", self.alone(terms), absent=False), order

    def _direction(self) -> dict[str, Word]:
        return self.rng.choice(({}, {"direction": Word("ASC")}, {"direction": Word("DESC")}))

    def filter(self, noun: Noun) -> Tree:
        """A filter, written out or brought by one variable; now and then none."""
        kind = f"{noun.name}Filter"
        if self.rng.random() < 0.05:
            return self.variables.place(kind, None)
        if self.rng.random() < 0.25:
            return self.variables.place(kind, self.conditions(noun, 3, whole=True), 1.0)
        return self.conditions(noun, 3, whole=False)

    def conditions(self, noun: Noun, depth: int, *, whole: bool) -> dict[str, Tree]:
        """Conditions that hold together; `whole` ones hold no variables, because a variable brings them."""
        rng = self.rng
        if self.take("deep"):
            return self._deep(noun, 11, whole=whole)
        if self.take("wide"):
            return {rng.choice(("and", "or")): [{} for _ in range(21)]}
        found: dict[str, Tree] = {}
        for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2, 3)) if not self.fault else 2):
            if depth and rng.random() < 0.3:
                name = rng.choice(("and", "or", "not"))
                several = 1 if name == "not" else rng.choice((0, 1, 2, 2, 2))
                below = [self.conditions(noun, depth - 1, whole=whole) for _ in range(several)]
                found[name] = below[0] if name == "not" else below
            elif noun.searched and rng.random() < 0.25:
                found["search"] = self._operand("String", self._asked(noun), whole=whole)
            else:
                name = rng.choice(list(noun.filterable))
                found[name] = self._member(noun, noun.filterable[name], depth, whole=whole)
        if self.take("null operand"):
            found[rng.choice(("and", "not", "id"))] = None
        return found

    def _deep(self, noun: Noun, levels: int, *, whole: bool) -> dict[str, Tree]:
        return {"not": self._deep(noun, levels - 1, whole=whole)} if levels else {}

    def _member(self, noun: Noun, member: Member | str, depth: int, *, whole: bool) -> Tree:
        if isinstance(member, LinkMember):
            return self.conditions(self.model[member.targets[0]], depth - 1, whole=whole) if depth > 0 else {}
        if isinstance(member, ManyMember):
            target = self.model[member.target]
            names = self.rng.choice((("some",), ("none",), ("some", "none"), ()))
            return {name: self.conditions(target, depth - 1, whole=whole) if depth > 0 else {} for name in names}
        return self._operators(noun, member, whole=whole)

    def _operators(self, noun: Noun, member: Member | str, *, whole: bool) -> dict[str, Tree]:
        kind = self.core.type_map[_input_type(self.core, noun, member)]
        assert isinstance(kind, GraphQLInputObjectType)
        names = self.rng.sample(list(kind.fields), self.rng.choice((1, 1, 1, 2)) if len(kind.fields) > 1 else 1)
        return {name: self._operator(noun, member, name, str(kind.fields[name].type), whole=whole) for name in names}

    def _operator(self, noun: Noun, member: Member | str, name: str, kind: str, *, whole: bool) -> Tree:
        if self.take("null operand"):
            return None if whole or self.rng.random() < 0.5 else self.variables.place(kind, None, 1.0, absent=False)
        if name == "isNull":
            return self._operand(kind, self.rng.random() < 0.5, whole=whole)
        if kind.startswith("["):
            return self._list(noun, member, kind, whole=whole)
        value = self._value(noun, member)
        if name == "startsWith":
            value = value[: self.rng.choice((0, 1, 2, 6))]
        return self._operand(kind, value, whole=whole)

    def _list(self, noun: Noun, member: Member | str, kind: str, *, whole: bool) -> Tree:
        if not whole and self.take("long"):
            return self.variables.bring(kind, [self._value(noun, member)] * 251)
        values = [self._value(noun, member) for _ in range(self.rng.choice((0, 1, 2, 3, 6)))]
        if not whole and self.rng.random() < 0.15:
            return [self.variables.place(kind[1:-1], value, 0.5, absent=False) for value in values]
        return self._operand(kind, self.alone(values), whole=whole)

    def alone(self, values: list[Tree]) -> Tree:
        """The list, or now and then its only entry alone: the language makes a list of it."""
        return values[0] if len(values) == 1 and self.rng.random() < 0.3 else values

    def _operand(self, kind: str, value: Tree, *, whole: bool) -> Tree:
        return value if whole else self.variables.place(kind, value)

    def _asked(self, noun: Noun) -> str:
        texts = [text for row in self.data[noun.name].values() for name in noun.searched if (text := row[name])]
        text = self.rng.choice(texts) if texts and self.rng.random() < 0.9 else words.text(self.rng)
        start = self.rng.randrange(len(text) + 1)
        return _CONTROLS.sub("", text[start : start + self.rng.choice((0, 1, 1, 2, 3, 5))])

    def _value(self, noun: Noun, member: Member | str) -> Any:
        """A value like those of the rows."""
        if isinstance(member, str):
            return self.rng.choice([row[member] for row in self.data["Region"].values() if row[member]] + ["370499", ""])
        if isinstance(member, Column) and member.kind is Kind.ID:
            return self.id_of(noun.name)
        if isinstance(member, Column) and member.kind is Kind.BOOL:
            return self.rng.random() < 0.5
        found = [value for row in self.data[noun.name].values() if (value := row[member.name]) is not None]
        if isinstance(member, Column) and member.values and (not found or self.rng.random() < 0.3):
            found = list(member.values)
        return self._as_written(member, self.rng.choice(found) if found else None)

    def _as_written(self, member: Member, value: Any) -> Any:
        if isinstance(member, Sealed) or (isinstance(member, Column) and member.hashed):
            return self._respelled(value or "张三")
        if isinstance(member, CodeColumn):
            return value or DANGLING
        assert isinstance(member, Column)
        if member.values:
            return Word(value.name)
        if member.kind is Kind.MONEY:
            fen = value if value is not None else 100
            return fen // 100 if fen % 100 == 0 and self.rng.random() < 0.3 else show_money(fen)
        if member.kind is Kind.INT:
            return value or 0
        if member.kind in (Kind.DATE, Kind.INSTANT):
            return stored(value) if value else "2025-02-01" + ("T00:00:00.5+08:00" if member.kind is Kind.INSTANT else "")
        return _CONTROLS.sub("", value or words.text(self.rng))

    def _respelled(self, text: str) -> str:
        """The same value as people write it: blanks, full width."""
        text = _CONTROLS.sub("", text)
        if self.rng.random() < 0.3:
            text = "".join(chr(ord(each) + 0xFEE0) if "0" <= each <= "9" else each for each in text)
        return f" {text}" if self.rng.random() < 0.3 else text


def _input_type(core: GraphQLSchema, noun: Noun, member: Member | str) -> str:
    kind = core.type_map[f"{noun.name}Filter"]
    assert isinstance(kind, GraphQLInputObjectType)
    return str(kind.fields[member if isinstance(member, str) else member.graph].type)
