"""The graph has the shape that clients, gateways and the planner count on."""

import os
import subprocess
import sys

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    print_schema,
    validate,
)
from graphql.execution.values import get_argument_values, get_variable_values

from hub.errors import BadAmount, BadDate, BadInstant, HubError
from hub.schema.graph import HubSchema, sdl
from hub.schema.model import Model


@pytest.fixture(scope="session")
def core(schema: HubSchema) -> GraphQLSchema:
    return schema._schema


def fields_of(core: GraphQLSchema, name: str) -> dict[str, str]:
    kind = core.type_map[name]
    assert isinstance(kind, (GraphQLObjectType, GraphQLInputObjectType))
    return {field: str(made.type) for field, made in kind.fields.items()}


def values_of(core: GraphQLSchema, name: str) -> list[str]:
    kind = core.type_map[name]
    assert isinstance(kind, GraphQLEnumType)
    return list(kind.values)


def root(core: GraphQLSchema, name: str) -> GraphQLField:
    assert core.query_type
    field: GraphQLField = core.query_type.fields[name]
    return field


def test_an_object_shows_its_members_in_the_order_declared(core: GraphQLSchema) -> None:
    assert fields_of(core, "Party") == {
        "id": "ID!",
        "case": "Case",
        "role": "PartyRole!",
        "kind": "PartyKind!",
        "name": "String!",
        "identity": "String",
        "identityOpened": "String",
        "phone": "String",
        "phoneOpened": "String",
        "address": "String",
        "addressOpened": "String",
        "shielded": "Boolean!",
        "leftAt": "Instant",
        "version": "Int!",
        "createdAt": "Instant!",
        "updatedAt": "Instant!",
    }


def test_links_and_codes_are_nullable_because_scope_can_hide_any_target(core: GraphQLSchema) -> None:
    case = fields_of(core, "Case")
    assert case["region"] == "Region"
    assert case["disputeType"] == "Code"
    assert case["parties"] == "PartyConnection!"
    assert case["amount"] == "Money"
    assert case["open"] == "Boolean!"
    event = fields_of(core, "Event")
    assert (event["subject"], event["facts"]) == ("EventSubject", "[Fact!]!")
    assert fields_of(core, "Fact") == {"name": "String!", "code": "String", "id": "String"}


def test_internal_members_and_nouns_without_scope_are_not_there(core: GraphQLSchema) -> None:
    assert {"city", "district", "town", "zone"}.isdisjoint(fields_of(core, "Region"))
    assert {"contentHash"}.isdisjoint(fields_of(core, "SourceRecord"))
    assert not any("Policy" in name or "olic" in name for name in core.type_map)
    assert core.query_type
    assert not any("olic" in name for name in core.query_type.fields)


def test_a_union_has_its_members_in_the_order_declared(core: GraphQLSchema) -> None:
    union = core.type_map["EventSubject"]
    names = ["Case", "Party", "CaseMode", "Referral", "SourceRecord", "SupervisionAlert"]
    assert [kind.name for kind in union.types] == names  # type: ignore[attr-defined]


def test_a_connection_is_a_relay_connection_with_nodes(core: GraphQLSchema) -> None:
    assert fields_of(core, "CaseConnection") == {
        "edges": "[CaseEdge!]!",
        "nodes": "[Case!]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    }
    assert fields_of(core, "CaseEdge") == {"cursor": "String!", "node": "Case!"}
    assert fields_of(core, "PageInfo") == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }
    arguments = {name: str(argument.type) for name, argument in root(core, "cases").args.items()}
    assert arguments == {
        "filter": "CaseFilter",
        "orderBy": "[CaseOrder!]",
        "first": "Int",
        "after": "String",
        "last": "Int",
        "before": "String",
    }


def test_every_many_takes_the_arguments_of_a_page(core: GraphQLSchema, model: Model) -> None:
    for noun in model.graph_nouns:
        for made in core.type_map[noun.name].fields.values():  # type: ignore[attr-defined]
            paged = str(made.type).endswith("Connection!")
            assert list(made.args) == (["filter", "orderBy", "first", "after", "last", "before"] if paged else [])


def test_operators_are_those_of_the_kind_of_value(core: GraphQLSchema) -> None:
    members, ranges = ["eq", "ne", "in", "notIn"], ["gt", "gte", "lt", "lte"]
    assert list(fields_of(core, "StringFilter")) == [*members, "startsWith", *ranges, "isNull"]
    assert list(fields_of(core, "CodeValueFilter")) == [*members, "isNull"]
    assert list(fields_of(core, "CaseStateFilter")) == [*members, "isNull"]
    assert list(fields_of(core, "IdFilter")) == members
    assert list(fields_of(core, "BooleanFilter")) == ["eq", "isNull"]
    assert list(fields_of(core, "HashFilter")) == ["eq"]
    for kind in ("Money", "Instant", "Date"):
        filters = fields_of(core, f"{kind}Filter")
        assert list(filters) == [*members, *ranges, "isNull"]
        assert (filters["eq"], filters["in"], filters["isNull"]) == (kind, f"[{kind}!]", "Boolean")


def test_filters_follow_the_noun(core: GraphQLSchema, model: Model) -> None:
    case = fields_of(core, "CaseFilter")
    assert case["and"] == "[CaseFilter!]"
    assert case["search"] == "String"
    assert case["region"] == "RegionFilter"
    assert case["parties"] == "PartyListFilter"
    assert case["zone"] == "StringFilter"
    assert case["disputeType"] == "CodeValueFilter"
    assert fields_of(core, "PartyListFilter") == {"some": "PartyFilter", "none": "PartyFilter"}
    assert fields_of(core, "PartyFilter")["identity"] == "HashFilter"
    for noun in model.graph_nouns:
        own = [name for name in fields_of(core, f"{noun.name}Filter") if name not in ("and", "or", "not", "search")]
        assert own == list(noun.filterable)
        assert values_of(core, f"{noun.name}OrderField") == list(noun.orderable)
        assert ("search" in fields_of(core, f"{noun.name}Filter")) == bool(noun.searched)


def test_the_ways_in_are_those_declared(core: GraphQLSchema) -> None:
    assert core.query_type
    assert list(core.query_type.fields) == [
        "_entities", "_service", "node", "nodes", "agreement", "agreements", "appraisal", "appraisals", "attendances",
        "batch", "batches", "batchStatistics", "campaign", "campaigns", "campaignStatistics", "candidate",
        "candidates", "case", "cases", "caseStatistics", "caseModes", "code", "codes", "confirmation",
        "confirmations", "consumer", "consumers", "court", "courts", "deadline", "deadlines", "deliveries", "event",
        "finding", "findings", "findingStatistics", "invitations", "job", "jobs", "jobRun", "jobRuns",
        "jobRunStatistics", "letter", "letters", "mediator", "mediators", "meeting", "meetings", "meetingStatistics", "merge", "merges",
        "notarisation", "notarisations", "openings", "organisation", "organisations", "outlet", "outlets",
        "parcel", "parcels", "party", "parties", "quarantinedRow", "quarantinedRows", "recipient", "recipients", "referral", "referrals", "referralStatistics",
        "region", "regions", "report", "reports", "riskWarning", "riskWarnings", "snapshot", "snapshots",
        "snapshotFigure", "snapshotFigures", "sourceRecords", "supervisionAlert",
        "supervisionAlerts", "supervisionAlertStatistics", "supervisionBulletin", "supervisionBulletins", "task", "tasks", "taskStatistics", "events", "evidence",
        "news", "connections", "streamGroups",
    ]  # fmt: skip
    assert {name: str(made.type) for name, made in root(core, "code").args.items()} == {
        "id": "ID",
        "list": "String",
        "code": "String",
    }
    assert list(root(core, "mediator").args) == ["id"]
    assert (str(root(core, "nodes").type), str(root(core, "nodes").args["ids"].type)) == ("[Node]!", "[ID!]!")
    assert str(root(core, "caseStatistics").type) == "[CaseStatistics!]!"


def test_statistics_have_a_field_per_dimension_and_amount(core: GraphQLSchema, model: Model) -> None:
    found = fields_of(core, "CaseStatistics")
    assert list(found) == ["count", "amountSum", *(each.field for each in model["Case"].dimensions.values())]
    assert (found["count"], found["amountSum"], found["town"], found["region"]) == ("Int!", "Money!", "Region", "Region")
    assert (found["state"], found["leaked"], found["channel"]) == ("CaseState", "Boolean", "Code")
    assert found["registeredOnMonth"] == "String"
    assert values_of(core, "CaseDimension") == list(model["Case"].dimensions)
    assert "organisationStatistics" not in core.query_type.fields  # type: ignore[union-attr]


def test_an_order_ascends_unless_it_says_otherwise(core: GraphQLSchema) -> None:
    assert fields_of(core, "CaseOrder") == {"field": "CaseOrderField!", "direction": "Direction!"}
    assert "direction: Direction! = ASC" in print_schema(core)


def test_enum_values_arrive_as_their_names(core: GraphQLSchema) -> None:
    text = "query Q($f: CaseFilter) { cases(filter: $f, orderBy: [{field: REGISTERED_AT}]) { totalCount } }"
    operation = parse(text).definitions[0]
    given = get_variable_values(core, operation.variable_definitions, {"f": {"state": {"in": ["CLOSED"]}}})  # type: ignore[attr-defined]
    found = get_argument_values(root(core, "cases"), operation.selection_set.selections[0], given)  # type: ignore[attr-defined,arg-type]
    assert found == {
        "filter": {"state": {"in": ["CLOSED"]}},
        "orderBy": [{"field": "REGISTERED_AT", "direction": "ASC"}],
    }


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        ('{amount: {eq: "1.005"}}', BadAmount),
        ('{registeredAt: {gt: "2025-01-01"}}', BadInstant),
        ('{dueOn: {lt: "2025-02-30"}}', BadDate),
    ],
)
def test_a_bad_scalar_keeps_its_code(core: GraphQLSchema, operand: str, expected: type[HubError]) -> None:
    errors = validate(core, parse("{cases(filter: " + operand + ") {totalCount}}"))
    assert [error.extensions for error in errors] == [expected().extensions]


def test_a_bad_scalar_in_a_variable_keeps_its_code(core: GraphQLSchema) -> None:
    operation = parse("query Q($m: Money) { cases(filter: {amount: {eq: $m}}) { totalCount } }").definitions[0]
    errors = get_variable_values(core, operation.variable_definitions, {"m": "much"})  # type: ignore[attr-defined]
    assert isinstance(errors, list)
    assert [error.extensions for error in errors] == [BadAmount().extensions]


def test_neighbours_know_rows_by_id_and_by_natural_key(schema: HubSchema) -> None:
    printed = sdl(schema)
    assert 'type Case implements Node @key(fields: "id") @key(fields: "number") {' in printed
    assert 'type Code implements Node @key(fields: "id") @key(fields: "list code") {' in printed
    assert 'type Party implements Node @key(fields: "id") {' in printed
    assert "type PageInfo @shareable {" in printed
    assert '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])' in printed


def test_operations_may_be_live_and_may_open(core: GraphQLSchema, schema: HubSchema) -> None:
    assert not validate(core, parse("query @live(throttle: 1000) { node(id: 1) { id } }"))
    assert validate(core, parse("{ node(id: 1) @live { id } }"))
    assert validate(core, parse("query @opening { node(id: 1) { id } }"))
    assert ") on QUERY | MUTATION | SUBSCRIPTION" in sdl(schema)


def test_a_selection_over_the_base_is_never_answered_by_the_framework(schema: HubSchema) -> None:
    result = schema.execute_sync("{cases {totalCount}}")
    assert result.data is None
    assert result.errors
    assert isinstance(result.errors[0].original_error, NotImplementedError)


def test_the_definition_is_the_same_in_every_process(schema: HubSchema) -> None:
    code = (
        "from hub.schema.graph import graph, sdl; from hub.schema.model import build; from hub.schema.policies import Policy;"
        "from tests.oracle.rows import ORDER; import sys; sys.stdout.write(sdl(graph(build((*ORDER, Policy)))))"
    )
    env = os.environ | {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8"}
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env, encoding="utf-8").stdout
    assert printed == sdl(schema)


def test_the_definition_can_be_read_back(core: GraphQLSchema) -> None:
    assert print_schema(build_schema(print_schema(core))) == print_schema(core)
