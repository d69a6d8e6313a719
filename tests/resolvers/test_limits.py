"""Documents that are too large are refused before they cost anything, and ordinary ones never."""

from dataclasses import dataclass, replace

import pytest
from graphql import (
    DocumentNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
    validate,
)
from graphql.language import Lexer, Source, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError, InvalidDocument, ListTooLong, TooComplex
from hub.resolvers.limits import CHARACTERS_PER_TOKEN, check_document, count_tokens, strip_suggestions


@dataclass(frozen=True)
class Limits:
    tokens: int = 2000
    entity_levels: int = 8
    raw_depth: int = 30
    aliases: int = 30
    root_fields: int = 20
    root_mutations: int = 10
    directives: int = 50
    list_items: int = 250
    node_budget: int = 10_000


LIMITS = Limits()


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]


def check(source: str, limits: Limits = LIMITS) -> int:
    document = parse(source)
    return check_document(document, operations(document)[0], limits)


def refusal(source: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(HubError) as caught:
        check(source, limits)
    return str(caught.value)


def nested(levels: int, field: str = "case") -> str:
    return "{" + f"{field}{{" * levels + "id" + "}" * levels + "}"


class TestTokens:
    def test_a_document_of_exactly_the_bound_passes_and_one_more_is_refused(self) -> None:
        assert count_tokens("{" + "a " * 1998 + "}", 2000) == 2000
        with pytest.raises(TooComplex) as caught:
            count_tokens("{" + "a " * 1999 + "}", 2000)
        assert "2000" in str(caught.value)

    def test_comments_count_so_that_a_wall_of_them_is_refused(self) -> None:
        with pytest.raises(TooComplex):
            count_tokens("#\n" * 3000 + "{a}", 2000)

    @pytest.mark.parametrize("filler", [",", " ", "\ufeff", "\n"])
    def test_blanks_are_no_tokens_but_text_without_end_is_refused_unread(self, filler: str) -> None:
        assert count_tokens(filler * 1000 + "{a}", 2000) == 3
        with pytest.raises(TooComplex):
            count_tokens(filler * (2000 * CHARACTERS_PER_TOKEN) + "{a}", 2000)

    @pytest.mark.parametrize(
        "source",
        [
            '{a(b: "c")}',
            '{a(b: "c\\"d#e")}',
            '{a(b: """c "" d \\""" e""")}',
            '{a(b: """"quoted" text""")}',
            '{a(b: "")}',
            '{a(b: """""")}',
            "{a(b: [1-1-1-1 1.5e-3-2 -0])}",
            "query Q($a: [Int!]! = [1]) @x {...F ...on T{a: b @skip(if: $a)}} # end\nfragment F on T{a}",
            "{a(b: {c: $d, e: null})}",
        ],
    )
    def test_it_counts_what_the_lexer_reads(self, source: str) -> None:
        assert count_tokens(source, 2000) == lexed(source)

    @given(st.text('{}[]()"\\#$@!:|&=-.,_aE01 \n\r\tü中\ufeff', max_size=60))
    def test_no_text_hides_tokens_from_it(self, source: str) -> None:
        try:
            tokens = lexed(source)
        except GraphQLSyntaxError:
            return
        assert count_tokens(source, 2000) == tokens

    @pytest.mark.parametrize("piece", ['"\\', '\\"', '"""', '"""\\', '""', "\\", '"""a\\"""'])
    def test_unclosed_strings_of_any_kind_are_read_once(self, piece: str) -> None:
        # Looking back at each quote would take hours here, not milliseconds.
        count_tokens(piece * (90_000 // len(piece)), 100_000)


def lexed(source: str) -> int:
    """How many tokens, comments included, the parser's own lexer makes of a text."""
    lexer = Lexer(Source(source))
    tokens = 0
    while lexer.advance().kind is not TokenKind.EOF:
        pass
    token = lexer.token.prev
    while token and token.kind is not TokenKind.SOF:
        tokens += 1
        token = token.prev
    return tokens


class TestAliases:
    def test_thirty_are_allowed_and_one_more_is_refused(self) -> None:
        check("{a{" + " ".join(f"x{n}: id" for n in range(30)) + "}}")
        assert "aliases" in refusal("{a{" + " ".join(f"x{n}: id" for n in range(31)) + "}}")

    def test_a_fragment_counts_each_time_it_is_spread(self) -> None:
        fragment = "fragment F on C {x: id y: id z: id}"
        check("{a{" + " ".join(f"b{n}{{...F}}" for n in range(10)) + "}}" + fragment)
        assert "aliases" in refusal("{a{" + " ".join(f"b{n}{{...F}}" for n in range(11)) + "}}" + fragment)

    def test_the_same_field_again_counts_like_an_alias(self) -> None:
        check("{a{" + "id " * 31 + "}}")
        assert "aliases" in refusal("{a{" + "id " * 32 + "}}")

    def test_the_same_object_again_counts_through_inline_fragments_too(self) -> None:
        assert "aliases" in refusal("{a{" + "...{b{id}} " * 32 + "}}")

    def test_the_members_of_a_union_may_share_their_leaves(self) -> None:
        check("{node(id: 1){" + " ".join(f"...on T{n}{{id name code}}" for n in range(40)) + "}}")


class TestRootFields:
    def test_queries_have_twenty(self) -> None:
        check("{" + " ".join(f"f{n}" for n in range(20)) + "}")
        assert "root fields" in refusal("{" + " ".join(f"f{n}" for n in range(21)) + "}")

    def test_mutations_have_ten(self) -> None:
        check("mutation{" + " ".join(f"f{n}" for n in range(10)) + "}")
        assert "10" in refusal("mutation{" + " ".join(f"f{n}" for n in range(11)) + "}")

    def test_fragments_hide_none(self) -> None:
        spread = "{...F ...on Query{...G}} fragment F on Query{%s} fragment G on Query{%s}"
        names = [f"f{n}" for n in range(21)]
        check(spread % (" ".join(names[:10]), " ".join(names[10:20])))
        assert "root fields" in refusal(spread % (" ".join(names[:10]), " ".join(names[10:])))

    def test_fields_deeper_down_are_none(self) -> None:
        check("{a{...F}} fragment F on A{" + " ".join(f"f{n}" for n in range(40)) + "}")


class TestDirectives:
    def test_fifty_are_allowed_and_one_more_is_refused(self) -> None:
        check("{a " + "@x " * 50 + "}")
        assert "directives" in refusal("{a " + "@x " * 51 + "}")

    def test_they_count_wherever_they_stand(self) -> None:
        everywhere = "query Q($v: Int @x) @x {a @x ...F @x ...@x{b}} fragment F on Query @x {c @x}"
        check(everywhere, replace(LIMITS, directives=8))
        assert "directives" in refusal(everywhere, replace(LIMITS, directives=6))

    def test_those_of_unused_fragments_count_because_validation_reads_them(self) -> None:
        assert "directives" in refusal("{a} fragment F on Query{a " + "@x " * 51 + "}")

    def test_a_fragment_brings_its_own_each_time(self) -> None:
        assert "directives" in refusal("{" + "a{...F} b{...F} c{...F}" + "} fragment F on A{a " + "@x " * 20 + "}")


class TestDepth:
    def test_eight_entity_levels_pass_and_a_ninth_is_refused(self) -> None:
        check(nested(8))
        assert "entity levels" in refusal(nested(9))

    def test_a_leaf_is_no_level(self) -> None:
        check("{a{id} b{id}}", replace(LIMITS, entity_levels=1))

    def test_what_a_connection_is_made_of_is_no_level(self) -> None:
        check("{cases{edges{node{parties{nodes{id} pageInfo{endCursor} totalCount}}}}}", replace(LIMITS, entity_levels=2))

    def test_a_node_asked_for_by_id_is_one(self) -> None:
        assert "entity levels" in refusal("{node(id: 1){id}}", replace(LIMITS, entity_levels=0))

    def test_levels_add_up_through_fragments(self) -> None:
        chain = "{a{...F1}}" + "".join(f"fragment F{n} on T{{a{{...F{n + 1}}}}}" for n in range(1, 8))
        check(chain + "fragment F8 on T{id}")
        assert "entity levels" in refusal(chain + "fragment F8 on T{a{id}}")

    def test_a_named_fragment_adds_no_raw_depth_of_its_own(self) -> None:
        check("{...F} fragment F on Query{a{id}}", replace(LIMITS, raw_depth=2))

    def test_wrappers_cannot_nest_past_the_raw_depth(self) -> None:
        check(nested(29, "node"))
        assert "depth" in refusal(nested(30, "node"))

    def test_inline_fragments_cannot_nest_past_the_raw_depth(self) -> None:
        assert "depth" in refusal("{" + "...{" * 150 + "a" + "}" * 151)

    def test_literals_cannot_nest_past_the_raw_depth(self) -> None:
        assert "depth" in refusal("{a(b: " + "[" * 31 + "]" * 31 + ")}")
        assert "depth" in refusal("{a(b: " + "{c: " * 31 + "1" + "}" * 31 + ")}")

    def test_the_standard_introspection_is_exempt_from_levels(self) -> None:
        check(get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True, schema_description=True))

    def test_introspection_is_no_cover_for_what_stands_beside_it(self) -> None:
        assert "entity levels" in refusal("{__schema{types{name}} " + nested(9)[1:])


class TestLists:
    @pytest.mark.parametrize(
        "place",
        [
            "{a(b: %s)}",
            "{a(b: {c: %s})}",
            "query Q($v: [Int] = %s){a(b: $v)}",
            "{a @x(b: %s)}",
            "query Q($v: Int @x(b: %s)){a(b: $v)}",
        ],
    )
    def test_a_literal_list_holds_two_hundred_and_fifty(self, place: str) -> None:
        check(place % ("[" + "1 " * 250 + "]"))
        with pytest.raises(ListTooLong):
            check(place % ("[" + "1 " * 251 + "]"))

    def test_the_gateways_keys_may_be_as_many_as_the_nodes(self) -> None:
        keys = '[{__typename: "A"} ' + '{__typename: "B"} ' * 299 + "]"
        check("{_entities(representations: " + keys + "){__typename}}")
        with pytest.raises(ListTooLong):
            check("{_entities(representations: " + keys + "){__typename}}", replace(LIMITS, node_budget=299))


class TestFragments:
    @pytest.mark.parametrize("cycle", ["fragment F on Q{...F}", "fragment F on Q{a{...G}} fragment G on Q{...F}"])
    def test_a_cycle_is_an_invalid_document(self, cycle: str) -> None:
        with pytest.raises(InvalidDocument):
            check("{...F}" + cycle)

    def test_an_unknown_fragment_is_left_to_validation(self) -> None:
        check("{...Missing a{...Missing}}")

    def test_only_the_chosen_operation_is_held_to_the_counts(self) -> None:
        document = parse("query Small{a} query Wide{" + " ".join(f"f{n}" for n in range(21)) + "}")
        small, wide = operations(document)
        check_document(document, small, LIMITS)
        with pytest.raises(TooComplex):
            check_document(document, wide, LIMITS)

    def test_fields_may_be_no_more_than_tokens_even_when_fragments_multiply_them(self) -> None:
        levels = "".join(f"fragment F{n} on T{{a{{...F{n + 1}}} b{{...F{n + 1}}} c{{...F{n + 1}}}}}" for n in range(7))
        assert "fields" in refusal("{...F0}" + levels + "fragment F7 on T{id}")

    @pytest.mark.parametrize(
        "body", ["...F{next} ...F{next}", "a{{...F{next}}} b{{...F{next}}}", "x: a{{...F{next}}} y: a{{...F{next}}}"]
    )
    @pytest.mark.parametrize("size", [16, 64, 200])
    def test_a_bomb_is_looked_at_once_however_often_it_doubles(self, body: str, size: int) -> None:
        generous = Limits(**dict.fromkeys(Limits.__annotations__, 10**100))
        bomb = "{...F0}" + "".join(f"fragment F{n} on T{{{body.format(next=n + 1)}}}" for n in range(size))
        visits = check(bomb + f"fragment F{size} on T{{id}}", generous)
        # 2 selections, or 2 fields with a spread each; never 2 to the power of the levels.
        assert visits <= 4 * size + 2
        refusal(bomb + f"fragment F{size} on T{{id}}")

    def test_a_long_chain_needs_no_deep_stack(self) -> None:
        chain = "{...F0}" + "".join(f"fragment F{n} on T{{...F{n + 1}}}" for n in range(5000)) + "fragment F5000 on T{id}"
        assert check(chain, replace(LIMITS, tokens=10**6)) == 5002

    def test_the_walk_ends_at_the_first_thing_too_many(self) -> None:
        limits = replace(LIMITS, directives=10**9)
        document = parse("{" + "id " * 5000 + "}")
        with pytest.raises(TooComplex):
            check_document(document, operations(document)[0], limits)


SCHEMA = build_schema(
    """
    directive @label(text: String) on FIELD
    enum Colour { RED REDDISH }
    input Filter { district: String, colour: Colour }
    interface Node { id: ID }
    type Case implements Node { id: ID, number: String, title(short: Boolean): String, colour: Colour }
    type Query { node: Node, case(filter: Filter, colour: Colour): Case }
    """
)


class TestSuggestions:
    @pytest.mark.parametrize(
        "source",
        [
            "{case{numbr}}",
            "{node{number}}",
            "{case{title(shrt: true)}}",
            "{case{number @label(txt: 1)}}",
            "{case{...on Cas{id}}}",
            "query Q($f: Filte){case(filter: $f){id}}",
            "{case(filter: {distric: 1}){id}}",
            "{case(colour: REDD){id}}",
            '{case(colour: "RED"){id}}',
            "{case}",
        ],
    )
    def test_no_message_of_validation_keeps_one(self, source: str) -> None:
        messages = [error.message for error in validate(SCHEMA, parse(source))]
        assert any("did you mean" in message.lower() for message in messages)
        stripped = [strip_suggestions(message) for message in messages]
        assert not any("did you mean" in message.lower() for message in stripped)
        assert all(message.endswith(".") for message in stripped)

    @pytest.mark.parametrize("source", ["{a(b: .5)}", "{..a}", "{a(b: 'c')}"])
    def test_no_message_of_the_parser_keeps_one(self, source: str) -> None:
        with pytest.raises(GraphQLSyntaxError) as caught:
            parse(source)
        assert "did you mean" not in strip_suggestions(caught.value.message)

    def test_the_rest_of_the_sentence_stays(self) -> None:
        message = "Cannot query field 'numbr' on type 'Case'. Did you mean 'number' or 'id'?"
        assert strip_suggestions(message) == "Cannot query field 'numbr' on type 'Case'."

    def test_a_message_without_one_is_left_alone(self) -> None:
        assert strip_suggestions("Field 'a' is not defined.") == "Field 'a' is not defined."
