"""Ordinary graphql-core execution over Python rows: what every operation must be answered with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    print_schema,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values
from graphql.language import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode

from hub.errors import Forbidden, HubError
from hub.schema.graph import HubSchema
from hub.schema.model import Model

from .access import Sight, may_match
from .answers import Answers, Asking
from .arguments import Checker
from .rows import Data
from .viewers import Viewer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is answered: the bytes; ids of the rows shown, by noun; the code of a refusal; codes of entries that failed."""

    body: bytes
    touched: dict[str, frozenset[str]]
    refused: str | None = None
    problems: tuple[str, ...] = ()


class Oracle:
    """Answers operations over one model; `schema` is the graph whose shape it answers in."""

    def __init__(self, schema: HubSchema, model: Model) -> None:
        self.model = model
        self.core = build_schema(print_schema(schema._schema))
        Answers(self.core, model).fit()

    def answer(self, data: Data, viewer: Viewer, text: str, variables: dict[str, Any], name: str | None = None) -> Outcome:
        """Answer a valid document. An operation that the schema does not admit is an AssertionError: the generator's fault."""
        document = parse(text)
        operation = get_operation_ast(document, name)
        assert operation is not None, f"no operation {name}"
        coerced = get_variable_values(self.core, operation.variable_definitions or (), variables)
        assert not isinstance(coerced, list), [error.message for error in coerced]
        try:
            checker = self._checker(document, operation, coerced)
            checker.check()
            if not may_match(viewer, checker.matched):
                raise Forbidden(permission="sealed.open")
        except HubError as error:
            return Outcome(_errors([error]), {}, refused=error.extensions["hub"])
        return self._run(document, Asking(Sight(data, viewer)), variables, name)

    def _checker(self, document: DocumentNode, operation: OperationDefinitionNode, coerced: VariableValues) -> Checker:
        parts = [part for part in document.definitions if isinstance(part, FragmentDefinitionNode)]
        fragments = {part.name.value: FragmentDetails(part) for part in parts}
        return Checker(self.core, self.model, operation, fragments=fragments, variables=coerced)

    def _run(self, document: DocumentNode, asking: Asking, variables: dict[str, Any], name: str | None) -> Outcome:
        result = execute_sync(self.core, document, context_value=asking, variable_values=variables, operation_name=name)
        problems: list[HubError] = []
        for error in result.errors or ():
            if not isinstance(error.original_error, HubError):
                raise error
            error.original_error.path = tuple(error.path or ())
            problems.append(error.original_error)
        shown = {noun: frozenset(ids) for noun, ids in asking.shown.items()}
        body = orjson.dumps({"data": result.data} | ({"errors": _shown(problems)} if problems else {}))
        return Outcome(body, shown, problems=tuple(error.extensions["hub"] for error in problems))


def _errors(errors: Iterable[HubError]) -> bytes:
    return orjson.dumps({"errors": _shown(errors)})


def _shown(errors: Iterable[HubError]) -> list[dict[str, Any]]:
    return [
        {"message": str(each)} | ({"path": list(each.path)} if each.path is not None else {}) | {"extensions": each.extensions}
        for each in errors
    ]
