"""Whatever a portal's developer reads in the graph is said in Chinese and in English."""

import re
from collections.abc import Iterator

import pytest
from graphql import GraphQLNamedType, GraphQLSchema, is_introspection_type, is_specified_directive, is_specified_scalar_type

from hub.errors import every_error
from hub.schema.graph import graph
from hub.schema.model import Model

BOTH = re.compile(r"[^·]*[\u4e00-\u9fff][^·]* ?· ?[^\u4e00-\u9fff]*[A-Za-z][^·]*", re.DOTALL)


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for kind in schema.type_map.values():
        # What the framework needs to print federation's own directives is no type of ours.
        if not (
            is_introspection_type(kind)
            or is_specified_scalar_type(kind)
            or kind.name.startswith("link__")
            or kind.name in ("_FieldSet", "FieldSet")
        ):
            yield from of_type(kind)
    for directive in schema.directives:
        if not is_specified_directive(directive) and directive.name in ("live", "opening"):
            yield f"@{directive.name}", directive.description
            yield from ((f"@{directive.name}({name}:)", each.description) for name, each in directive.args.items())


def of_type(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield kind.name, kind.description
    for name, value in getattr(kind, "values", {}).items():
        yield f"{kind.name}.{name}", value.description
    for name, field in getattr(kind, "fields", {}).items():
        yield f"{kind.name}.{name}", field.description
        for argument, each in getattr(field, "args", {}).items():
            yield f"{kind.name}.{name}({argument}:)", each.description


def test_every_type_field_argument_and_value_is_described_in_both_languages(model: Model) -> None:
    found = dict(described(graph(model)._schema))
    assert len(found) > 1000
    assert [place for place, doc in found.items() if not BOTH.fullmatch(doc or "")] == []


def test_the_test_sees_what_one_language_or_none_lacks() -> None:
    assert not BOTH.fullmatch("Case number")
    assert not BOTH.fullmatch("案号")
    assert not BOTH.fullmatch("Case number · 案号")
    assert BOTH.fullmatch("案号 · Case number")


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_says_what_is_wrong_in_both_languages(error: type[Exception]) -> None:
    chinese, _, english = (error.__doc__ or "").partition("·")
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert re.search(r"[A-Za-z]", english)
