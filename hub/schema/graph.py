"""The graph, derived from the nouns: objects, roots, statistics, directives, federation keys; and its SDL."""

import functools
import inspect
import operator
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, get_type_hints

import strawberry
from graphql import GraphQLDirective
from strawberry.printer import print_schema

from hub.schema.asides import Aside
from hub.schema.declare import camel, snake
from hub.schema.directives import live, opening
from hub.schema.filters import fill_filters
from hub.schema.indicators import indicators
from hub.schema.model import (
    Actions,
    CodeColumn,
    Column,
    Computed,
    LinkMember,
    Live,
    ManyMember,
    Member,
    Model,
    Noun,
    Sealed,
)
from hub.schema.pages import fill_pages, page_arguments
from hub.schema.shells import CONFIG, SCALARS, Made, Shells, extended, halves
from hub.schema.statistics import statistics
from hub.schema.updates import event_roots, fill_updates
from hub.schema.verbs import Verb, fill_verbs

_FEDERATION_DOCS: Mapping[str, str] = {
    "_Any": "实体表示：类型名和一个键 · An entity's representation: its type name and one key",
    "_Entity": "可被邻图引用的实体 · An entity that neighbours can refer to",
    "_Service": "供网关读取的图谱说明 · What a gateway reads of this graph",
    "_Service.sdl": "图谱定义文本 · The definition of this graph",
    "Query._entities": "按表示取实体，无效的一项为空 · Entities by their representations; one that is not good is null",
    "Query._entities.representations": "实体表示 · The representations",
    "Query._service": "供网关读取的图谱说明 · What a gateway reads of this graph",
}


class HubSchema(strawberry.federation.Schema):
    """The framework's schema with our directives; `_schema` is the graphql-core schema that plans read."""

    def __init__(
        self, query: type, mutation: type | None, subscription: type | None, *, types: Iterable[type], purpose: type
    ) -> None:
        self._purpose = purpose
        super().__init__(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=types,
            config=CONFIG,
            federation_version="2.9",
        )

    def _collect_graphql_directives(self, schema_directive_types: Iterable[type]) -> tuple[GraphQLDirective, ...]:
        purpose = self.schema_converter.from_type(self._purpose)
        return (*super()._collect_graphql_directives(schema_directive_types), live(), opening(purpose))

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """The endpoint logs one line without values; the framework would log a traceback with them."""


def graph(
    model: Model, verbs: Iterable[Verb] = (), asides: Iterable[Aside] = (), *, figures: bool = False
) -> HubSchema:
    """The whole schema of a model, of what can be done with it and asked aside and, with `figures`, of its indicators."""
    shells = Shells()
    node = shells.interface("Node", "有标识的对象 · An object with an id", [_ID])
    for noun in model.graph_nouns:
        shells.node(noun.name, node)
    fill_filters(shells, model)
    fill_pages(shells, model)
    for noun in model.graph_nouns:
        keys = ["id", *([" ".join(camel(name) for name in noun.key)] if noun.key else [])]
        shells.fill(noun.name, noun.doc, _fields(shells, noun, model), keys=keys)
    subscription = fill_updates(shells, model)
    roots = [*_roots(shells, model), *_asides(shells, asides), *([indicators(shells)] if figures else [])]
    query = shells.fill("Query", "查询入口 · What can be asked", roots)
    nodes = [shells[noun.name] for noun in model.graph_nouns]
    mutation = fill_verbs(shells, tuple(verbs))
    schema = HubSchema(query, mutation, subscription, types=nodes, purpose=_purpose(shells, model))
    _describe_federation(schema)
    return schema


def sdl(schema: HubSchema) -> str:
    """The definition as text, the same for the same nouns."""
    return print_schema(schema) + "\n"


_ID = Made("id", strawberry.ID, "标识 · Id")


def _fields(shells: Shells, noun: Noun, model: Model) -> Iterator[Made]:
    for member in noun.members.values():
        if isinstance(member, Column) and member.shown:
            yield Made(member.graph, _nullable(member, _column_type(shells, member)), member.doc)
        elif isinstance(member, CodeColumn):
            yield Made(member.graph, shells["Code"] | None, member.doc)
        elif isinstance(member, Sealed):
            yield from _sealed(member)
        elif isinstance(member, (Computed, Live)):
            yield Made(member.graph, _nullable(member, SCALARS[member.kind]), member.doc)
        elif isinstance(member, Actions):
            yield Made(member.graph, _nullable(member, _listed(shells, member.record)), member.doc)
        elif isinstance(member, LinkMember):
            yield Made(member.graph, _linked(shells, noun, member) | None, member.doc)
        elif isinstance(member, ManyMember):
            page: Any = shells[f"{member.target}Connection"]
            yield Made(member.graph, page, member.doc, page_arguments(shells, model[member.target]))


def _nullable(member: Member, kind: Any) -> Any:
    return kind | None if member.nullable else kind


def _column_type(shells: Shells, column: Column) -> Any:
    if column.values:
        return shells.told(column.values)
    if column.record:
        return _listed(shells, column.record)
    return SCALARS[column.kind]


def _listed(shells: Shells, record: type) -> Any:
    return types.GenericAlias(list, (_record(shells, record),))


def _record(shells: Shells, record: type) -> Any:
    """The type of a record: its docstring is `中文 · English`, then one `field: 中文 · English` per field."""
    if hasattr(shells[record.__name__], "__strawberry_definition__"):
        return shells[record.__name__]
    doc, *lines = [line for line in inspect.cleandoc(record.__doc__ or "").splitlines() if line]
    told = dict(line.split(": ", 1) for line in lines)
    fields = [Made(camel(name), kind, told[name]) for name, kind in get_type_hints(record).items()]
    return shells.fill(record.__name__, doc, fields)


def _sealed(member: Sealed) -> Iterator[Made]:
    shown = ("（已脱敏）", ", masked") if member.mask else ("（密封，不显示）", ", sealed and never shown")
    yield Made(member.graph, str | None, extended(member.doc, *shown))
    opened = ("（原文，须声明用途并留痕）", ", opened for a declared purpose and recorded")
    yield Made(member.opened, str | None, extended(member.doc, *opened))


def _linked(shells: Shells, noun: Noun, member: LinkMember) -> Any:
    if not member.is_union:
        return shells[member.targets[0]]
    name = f"{noun.name}{member.graph[0].upper()}{member.graph[1:]}"
    chinese, english = halves(noun.doc)
    doc = f"{chinese}：{halves(member.doc)[0]} · {english}: {halves(member.doc)[1].lower()}"
    targets: Any = functools.reduce(operator.or_, (shells[target] for target in member.targets))
    return Annotated[targets, strawberry.union(name, description=doc)]


def _roots(shells: Shells, model: Model) -> Iterator[Made]:
    node: Any = shells["Node"]
    ids = Made("ids", list[strawberry.ID], "标识 · The ids")
    yield Made("node", node | None, "按标识取一个对象 · An object by its id", (_ID,))
    yield Made("nodes", list[node | None], "按标识取多个对象，顺序不变 · Objects by their ids, in that order", (ids,))
    for noun in sorted(model.graph_nouns, key=lambda noun: noun.name):
        yield from _ways_in(shells, noun)
    yield from event_roots(shells, model)


def _asides(shells: Shells, asides: Iterable[Aside]) -> Iterator[Made]:
    for aside in asides:
        kind = types.GenericAlias(list, (_record(shells, aside.record),))
        yield Made(aside.name, kind | None, aside.doc, aside.arguments)


def _ways_in(shells: Shells, noun: Noun) -> Iterator[Made]:
    one, roots = camel(snake(noun.name)), noun.declared.roots
    if "one" in roots:
        yield Made(one, shells[noun.name] | None, _one_doc(noun), tuple(_keys(noun)))
    if "list" in roots:
        page: Any = shells[f"{noun.name}Connection"]
        doc = extended(noun.doc, "：列表", ": a list of them")
        yield Made(camel(noun.declared.plural), page, doc, page_arguments(shells, noun))
    if "statistics" in roots:
        yield statistics(shells, noun)


def _one_doc(noun: Noun) -> str:
    if noun.key:
        return extended(noun.doc, "：按标识或主键取一条，只给其一", ": one of them, by id or by natural key, not both")
    return extended(noun.doc, "：按标识取一条", ": one of them, by its id")


def _keys(noun: Noun) -> Iterator[Made]:
    yield Made("id", strawberry.ID | None, _ID.doc)
    for name in noun.key:
        member = noun.members[name]
        yield Made(member.graph, str | None, member.doc)


def _purpose(shells: Shells, model: Model) -> Any:
    """What an opening is for, as openings record it."""
    column = model["Opening"].members["purpose"]
    assert isinstance(column, Column)
    return _column_type(shells, column)


def _describe_federation(schema: HubSchema) -> None:
    """Give what the framework adds for gateways the descriptions that everything else has."""
    for path, doc in _FEDERATION_DOCS.items():
        name, *rest = path.split(".")
        made: Any = schema._schema.type_map[name]  # noqa: SLF001 - the framework's own door to graphql-core
        for part in rest:
            made = made.fields[part] if hasattr(made, "fields") else made.args[part]
        made.description = doc
