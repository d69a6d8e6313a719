"""Verbs: what can be done with nouns, as the graph shows it. A verb is declared by its procedure's signature.

    cells: Annotated[tuple[Cell, ...], Most(50), "改正内容 · What it should have said"]
    mediator: Annotated[Id[Mediator] | None, "调解员 · Mediator"] = None
    reason: Annotated[str, Listed("rejection_reason"), "原因 · Why"]

What an annotation can say: texts, whole numbers, truth, days, instants, money, enums, ids of a noun, codes of a list,
frozen dataclasses whose fields are annotated alike, and tuples of these.
"""

import datetime as dt
import enum
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import strawberry

from hub.schema import scalars
from hub.schema.declare import Entity, camel, snake
from hub.schema.scalars import Kind
from hub.schema.shells import SCALARS, Made, Shells

E = TypeVar("E", bound=Entity)

LONGEST = 10_000
"""Characters of a text that nothing more is said of."""

MOST_ITEMS = 100
"""Items of a list that nothing more is said of."""


class Id(str, Generic[E]):
    """The id of a row of this noun."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Text:
    """How long a text may be, and whether it may be blank."""

    most: int = LONGEST
    blank: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """The text is a code of this list, in force on the day of the deed."""

    list: str


@dataclass(frozen=True, slots=True)
class Most:
    """How many items a list may have."""

    items: int


@dataclass(frozen=True, slots=True)
class Input:
    """One value that a verb is given; `name` is its Python name."""

    name: str
    doc: str
    kind: Kind | None
    nullable: bool = False
    many: bool = False
    most: int = MOST_ITEMS
    text: Text = Text()
    list: str | None = None
    target: type[Entity] | None = None
    values: type[enum.Enum] | None = None
    record: type | None = None
    parts: tuple["Input", ...] = ()

    @property
    def graph(self) -> str:
        """Its name in the graph."""
        return camel(self.name)


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: its name, the noun it changes a row of (and what that row is called), what it is given and gives back."""

    name: str
    doc: str
    subject: type[Entity] | None
    called: str
    inputs: tuple[Input, ...]
    gives: tuple[type[Entity], ...]
    permission: str

    @property
    def graph(self) -> str:
        """Its name in the graph."""
        return camel(self.name)

    @property
    def payload(self) -> str:
        """The type of what it gives back."""
        return f"{self.graph[0].upper()}{self.graph[1:]}Payload"


_PYTHON: Mapping[object, Kind] = {
    str: Kind.TEXT,
    int: Kind.INT,
    bool: Kind.BOOL,
    scalars.Money: Kind.MONEY,
    dt.datetime: Kind.INSTANT,
    dt.date: Kind.DATE,
}


def verb_of(
    procedure: Callable[..., Any],
    doc: str,
    *,
    subject: type[Entity] | None,
    gives: tuple[type[Entity], ...],
    permission: str,
) -> Verb:
    """The verb of a procedure `(deed, row, *, inputs)`; without a subject `(deed, *, inputs)`. TypeError if it is none."""
    name = procedure.__name__
    parameters = list(inspect.signature(procedure).parameters.values())
    told = [each for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    placed = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if len(placed) != 1 + (subject is not None) or len(placed) + len(told) != len(parameters):
        raise TypeError(f"{name}: (deed, row, *, inputs), or (deed, *, inputs) where no row changes")
    hints = get_type_hints(procedure, include_extras=True)
    inputs = tuple(_input(each.name, hints[each.name], each.default, name) for each in told)
    return Verb(name, doc, subject, placed[1] if subject else "", inputs, gives, permission)


def _input(name: str, hint: Any, default: Any, where: str) -> Input:
    if get_origin(hint) is not Annotated or not isinstance(hint.__metadata__[-1], str):
        raise TypeError(f"{where}.{name}: Annotated[type, ..., '中文 · English']")
    kind, *marks, doc = get_args(hint)
    found = _alternatives(kind)
    nullable = type(None) in found
    (kind,) = (each for each in found if each is not type(None))
    if default is not (None if nullable else inspect.Parameter.empty):
        raise TypeError(f"{where}.{name}: what may be left out is `| None` and None by default, and nothing else is")
    many = get_origin(kind) is tuple
    said = _marked(marks) | _kind(get_args(kind)[0] if many else kind, f"{where}.{name}")
    return Input(name=name, doc=doc, nullable=nullable, many=many, **said)


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _marked(marks: list[Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for mark in marks:
        match mark:
            case Text():
                said["text"] = mark
            case Listed():
                said["list"] = mark.list
            case Most():
                said["most"] = mark.items
            case _:
                raise TypeError(f"{mark!r} says nothing of an input")
    return said


def _kind(kind: Any, where: str) -> dict[str, Any]:
    if get_origin(kind) is Id:
        return {"kind": Kind.ID, "target": get_args(kind)[0]}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"kind": Kind.ENUM, "values": kind}
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        parts = (_input(each.name, hints[each.name], _default(each.default), where) for each in fields(kind))
        return {"kind": None, "record": kind, "parts": tuple(parts)}
    if kind not in _PYTHON:
        raise TypeError(f"{where}: {kind!r} is no input")
    return {"kind": _PYTHON[kind]}


def _default(default: Any) -> Any:
    return inspect.Parameter.empty if default is MISSING else default


VERSION = Made("expectedVersion", int, "所见版本 · The version at which the row was seen")
KEY = Made(
    "idempotencyKey",
    str,
    "幂等键，8 至 128 个可见 ASCII 字符 · Names this deed for repeats: 8 to 128 visible ASCII characters",
)
_REPEATED = Made("repeated", bool, "是否重复请求 · Whether this key's deed was done before, and nothing was done now")


def fill_verbs(shells: Shells, verbs: tuple[Verb, ...]) -> type | None:
    """The mutation root of the verbs, in the order of their names; None where nothing can be done."""
    if not verbs:
        return None
    fields_ = [_field(shells, verb) for verb in sorted(verbs, key=lambda verb: verb.name)]
    return shells.fill("Mutation", "办理入口 · What can be done", fields_)


def _field(shells: Shells, verb: Verb) -> Made:
    given = [_made(shells, each) for each in verb.inputs]
    if verb.subject is not None:
        row = Made(camel(verb.called), strawberry.ID, verb.subject.declared.doc)
        given = [row, VERSION, *given]
    return Made(verb.graph, _payload(shells, verb) | None, verb.doc, (*given, KEY))


def _payload(shells: Shells, verb: Verb) -> Any:
    shown = [_given(shells, noun) for noun in verb.gives]
    doc = "办理结果 · What it came to, as it is now for the one who asks; null what that one does not see"
    return shells.fill(verb.payload, doc, [*shown, _REPEATED])


def _given(shells: Shells, noun: type[Entity]) -> Made:
    declared = noun.declared
    shell: Any = shells[declared.name]
    return Made(camel(snake(declared.name)), shell | None, declared.doc)


def _made(shells: Shells, given: Input) -> Made:
    kind = _type(shells, given)
    kind = types.GenericAlias(list, (kind,)) if given.many else kind
    return Made(given.graph, kind | None if given.nullable else kind, given.doc)


def _type(shells: Shells, given: Input) -> Any:
    if given.record is not None:
        name = f"{given.record.__name__}Input"
        if name in shells:
            return shells[name]
        parts = [_made(shells, each) for each in given.parts]
        return shells.accept(name, inspect.cleandoc(given.record.__doc__ or ""), parts)
    if given.values is not None:
        return shells.told(given.values)
    return SCALARS[given.kind or Kind.TEXT]


def coded(inputs: tuple[Input, ...]) -> Iterator[Input]:
    """The inputs that are codes of a list, also within others."""
    for each in inputs:
        if each.list is not None:
            yield each
        yield from coded(each.parts)


__all__ = ["Id", "Input", "Listed", "Most", "Text", "Verb", "coded", "fill_verbs", "verb_of"]
