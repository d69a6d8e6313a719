"""Graph types made from data: empty classes first, filled afterwards, so that cycles need no strings."""

import enum
import inspect
import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NewType, NoReturn

import strawberry
from strawberry.schema.config import StrawberryConfig

from hub.schema.scalars import Kind, Money, parse_date, parse_instant, parse_money, show_money

Instant = NewType("Instant", str)
"""An instant as the text that is stored and shown."""

Date = NewType("Date", str)
"""A calendar date."""

SCALARS: Mapping[Kind, object] = {
    Kind.TEXT: str,
    Kind.INT: int,
    Kind.BOOL: bool,
    Kind.ID: strawberry.ID,
    Kind.MONEY: Money,
    Kind.INSTANT: Instant,
    Kind.DATE: Date,
}

CONFIG = StrawberryConfig(
    scalar_map={
        Money: strawberry.scalar(
            name="Money",
            description="金额，元，两位小数的十进制文本 · An amount in yuan, a decimal text with two places",
            serialize=show_money,
            parse_value=parse_money,
        ),
        Instant: strawberry.scalar(
            name="Instant",
            description="时刻，UTC，六位小数 · An instant in UTC with six places, `YYYY-MM-DDTHH:MM:SS.ffffffZ`",
            parse_value=parse_instant,
        ),
        Date: strawberry.scalar(
            name="Date",
            description="日期（北京时间）· A calendar date in Asia/Shanghai, `YYYY-MM-DD`",
            serialize=str,
            parse_value=parse_date,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Made:
    """A field, an input field or an argument: its name in the graph, its Python annotation, its `中文 · English`."""

    name: str
    type: Any
    doc: str
    arguments: tuple["Made", ...] = ()
    default: Any = strawberry.UNSET


class Shells:
    """The types of one schema by name; asking for one that is not filled yet gives its empty class."""

    def __init__(self) -> None:
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        return self._made.setdefault(name, type(name, (), {}))

    def __contains__(self, name: str) -> bool:
        return name in self._made

    def node(self, name: str, *bases: type) -> type:
        """The empty class of a type that implements interfaces."""
        return self._made.setdefault(name, type(name, bases, {}))

    def fill(
        self, name: str, doc: str, fields: Iterable[Made], *, keys: Iterable[str] = (), shareable: bool = False
    ) -> type:
        """Make the object type; `keys` are the federation keys neighbours know it by."""
        shell = _with_fields(self[name], fields)
        return strawberry.federation.type(shell, name=name, description=doc, keys=list(keys), shareable=shareable)

    def interface(self, name: str, doc: str, fields: Iterable[Made]) -> type:
        """Make an interface; its implementations are made from it, so it comes first."""
        return strawberry.interface(_with_fields(self[name], fields), name=name, description=doc)

    def accept(self, name: str, doc: str, fields: Iterable[Made]) -> type:
        """Make the input type."""
        return strawberry.input(_with_fields(self[name], fields, given=True), name=name, description=doc)

    def choice(self, name: str, doc: str, values: Mapping[str, str]) -> type:
        """Make (once) the enum of these values with their `中文 · English`; each value is the text of its own name."""
        if name not in self._made:
            kind: Any = enum.StrEnum
            made = kind(name, {value: value for value in values})
            self._made[name] = strawberry.enum(made, name=name, description=doc)
            for value in made.__strawberry_definition__.values:
                value.description = values[value.name]
        return self._made[name]

    def told(self, values: type[enum.Enum]) -> type:
        """The enum of a declaration: members by name, each value its meaning, its docstring the meaning of the whole."""
        doc = inspect.cleandoc(values.__doc__ or "")
        return self.choice(values.__name__, doc, {member.name: str(member.value) for member in values})


def halves(doc: str) -> tuple[str, str]:
    """`中文 · English` in its two languages."""
    chinese, _, english = doc.partition("·")
    return chinese.strip(), english.strip()


def extended(doc: str, chinese: str, english: str) -> str:
    """The same doc with something added to either language."""
    mine = halves(doc)
    return f"{mine[0]}{chinese} · {mine[1]}{english}"


def _with_fields(shell: type, fields: Iterable[Made], *, given: bool = False) -> type:
    annotations: dict[str, Any] = {}
    for made in fields:
        name = f"{made.name}_" if keyword.iskeyword(made.name) else made.name
        annotations[name] = made.type
        more: dict[str, Any] = {"default": made.default} if given else {}
        more |= {"resolver": _resolver(made)} if made.arguments else {}
        setattr(shell, name, strawberry.field(name=made.name, description=made.doc, **more))
    shell.__annotations__ = annotations
    return shell


def _resolver(made: Made) -> Any:
    """Selections over the base are answered before the framework executes; what runs this has lost its way."""

    def unanswered(**_: object) -> NoReturn:
        raise NotImplementedError(made.name)

    kind = inspect.Parameter.KEYWORD_ONLY
    given = [inspect.Parameter(each.name, kind, annotation=_argument(each)) for each in made.arguments]
    unanswered.__signature__ = inspect.Signature(given, return_annotation=made.type)  # type: ignore[attr-defined]
    unanswered.__annotations__ = {"return": made.type}
    return unanswered


def _argument(made: Made) -> Any:
    return Annotated[made.type, strawberry.argument(name=made.name, description=made.doc)]
