"""Subscriptions that configuration prescribes for outlets, looked at before they are applied."""

from collections.abc import Iterable, Mapping

from graphql import FieldNode, OperationType

from hub.errors import BadConfiguration, HubError
from hub.resolvers.limits import DocumentLimits
from hub.resolvers.read import Documents, Invalid, Operation, Refusals
from hub.schema.graph import HubSchema
from hub.schema.model import Model

_ARGUMENTS = frozenset({"consumer", "after"})


def check_operations(said: Mapping[str, str], schema: HubSchema, model: Model, limits: DocumentLimits) -> None:
    """BadConfiguration (HUB-701) names the outlet whose text is no subscription that can be brought."""
    documents = Documents(schema._schema, model, limits)  # noqa: SLF001 - the framework's own door to graphql-core
    for where, text in said.items():
        try:
            operation = documents.operation(text, None)
        except Invalid as invalid:
            raise BadConfiguration(reason=_told(where, invalid.told(suggestions=True).errors)) from None
        except Refusals as refusals:
            raise BadConfiguration(reason=_told(where, refusals.errors)) from None
        except HubError as error:
            raise BadConfiguration(reason=_told(where, [error])) from None
        wrong = _wrong(operation)
        if wrong:
            raise BadConfiguration(reason=f"{where}: operation: {wrong}")


def _told(where: str, errors: Iterable[HubError]) -> str:
    return f"{where}: operation: " + "; ".join(map(str, errors))


def _wrong(operation: Operation) -> str:
    if operation.kind is not OperationType.SUBSCRIPTION:
        return "it is no subscription"
    if operation.node.variable_definitions:
        return "it has variables, which nobody would give"
    fields = operation.node.selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode):
        return "it shows one root field, without fragments"
    if any(argument.name.value in _ARGUMENTS for argument in fields[0].arguments or ()):
        return "consumer and after are the outlet's own"
    return ""
