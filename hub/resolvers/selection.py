"""One operation as graphql-core collects it: fields by response key, arguments with slots for variables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values

from hub.errors import BadVariables

Path = tuple[str | int, ...]
Fields = list[Any]
"""The nodes that graphql-core found under one response key."""


@dataclass(frozen=True, slots=True)
class Selection:
    """One operation with its fragments and the variables as planned."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDetails]
    operation: OperationDefinitionNode
    real: VariableValues
    planned: VariableValues

    def roots(self) -> dict[str, Fields]:
        """The root fields by response key."""
        root = self.schema.get_root_type(self.operation.operation)
        assert root is not None
        with _no_null("@skip, @include"):
            return collect_fields(self.schema, self.fragments, self.real, root, self.operation).grouped_field_set

    def below(self, kind: GraphQLObjectType, fields: Fields) -> dict[str, Fields]:
        """The fields selected of an object of this type, by response key."""
        with _no_null("@skip, @include"):
            found = collect_subfields(self.schema, self.fragments, self.real, self.operation, kind, fields)
        return found.grouped_field_set

    def kind(self, name: str) -> GraphQLObjectType:
        """An object type by name."""
        found: GraphQLObjectType = self.schema.type_map[name]  # type: ignore[assignment]
        return found

    def arguments(self, kind: GraphQLObjectType, node: FieldNode) -> dict[str, Any]:
        """The field's arguments, with slots in the places of variables."""
        with _no_null(node.name.value):
            return get_argument_values(kind.fields[node.name.value], node, self.planned)


@contextmanager
def _no_null(place: str) -> Iterator[None]:
    """A variable with a default may stand where no null may, and be given as null all the same."""
    try:
        yield
    except GraphQLError:
        raise BadVariables(reason=f"{place}: null") from None
