"""Which statistics can be added up from tallies: scope, filter and groups ask for nothing but columns of their keys."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hub.access.predicates import HOLDINGS, Shape
from hub.resolvers.plan import group_key
from hub.schema.declare import Word
from hub.schema.model import LEVELS, Model, Noun
from hub.schema.scalars import Kind
from hub.store.dimensions import GroupKey, Tallied, Tally
from hub.store.plan import Plan, Root, Statistics, Sum
from hub.store.wanted import All, Bind, Compare, Condition, Either, Not, Null


def tallied(plan: Plan, shape: Shape, model: Model) -> tuple[Plan, dict[str, Tally]]:
    """The plan with tallies in place of rows where they can stand, and the tallies by the names of their binds."""
    wanted: dict[str, Tally] = {}
    roots = tuple(_root(root, shape, model, wanted) for root in plan.roots)
    return replace(plan, roots=roots), wanted


def _root(root: Root, shape: Shape, model: Model, wanted: dict[str, Tally]) -> Root:
    if not isinstance(root, Statistics) or (keys := _keys(root, shape, _texts(root.noun, model))) is None:
        return root
    sums = {part.column for part in root.parts if isinstance(part, Sum)}
    bind = Bind(f"tally_{len(wanted)}")
    wanted[bind.name] = Tally(root.noun.name, tuple(sorted(keys, key=lambda key: key.label)), tuple(sorted(sums)))
    return replace(root, tallied=Tallied(wanted[bind.name], bind))


def _keys(root: Statistics, shape: Shape, texts: Mapping[str, GroupKey]) -> set[GroupKey] | None:
    """All columns that the statistics look at; None where they look at more than a tally can hold."""
    held, columns = dict(zip(HOLDINGS, shape.holdings, strict=True)), set(_columns(root.condition))
    levels = [level for level in LEVELS if held[level]] if not root.noun.is_public else []
    if not root.noun.placed or not (root.noun.is_public or (levels and _by_region(root.noun, held))):
        return None
    if any(key.kind is Kind.BOOL or key.through for key in root.by) or not columns <= texts.keys():
        return None
    return {*root.by, *(texts[column] for column in (*columns, *levels))}


def _by_region(noun: Noun, held: dict[str, int]) -> bool:
    """Whether such viewers see the noun's rows by their region alone."""
    words = {word.word for word in noun.scope}
    ruled_out = {Word.OF_ORGANISATION: "organisations", Word.OF_COURT: "courts"}
    return all(word is Word.IN_REGION or (word in ruled_out and not held[ruled_out[word]]) for word in words)


def _texts(noun: Noun, model: Model) -> dict[str, GroupKey]:
    """The noun's columns that hold few different texts, as keys of tallies."""
    keys = (group_key(each, model) for each in noun.dimensions.values() if each.through is None)
    return {key.column: key for key in keys if key.kind is not Kind.BOOL and not key.month}


def _columns(condition: Condition) -> Iterator[str]:
    """The columns that a condition looks at; an empty name for whatever else it looks for."""
    match condition:
        case Compare() | Null():
            yield condition.column
        case All() | Either():
            for part in condition.parts:
                yield from _columns(part)
        case Not():
            yield from _columns(condition.part)
        case _:
            yield ""
