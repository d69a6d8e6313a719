"""The directives of an operation: `@live` and `@opening`."""

from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLString,
)


def live() -> GraphQLDirective:
    """The answer comes again when it changes."""
    doc = "实时查询：答案变化时再次给出 · A live query: the answer comes again when it changes"
    when = GraphQLArgument(GraphQLBoolean, default_value=True, description="是否实时 · Whether it is live")
    throttle = GraphQLArgument(GraphQLInt, description="两次答案至少相隔的毫秒数 · Least milliseconds between answers")
    return GraphQLDirective("live", [DirectiveLocation.QUERY], {"if": when, "throttle": throttle}, description=doc)


def opening(purpose: Any) -> GraphQLDirective:
    """Who opens sealed values says what for; `purpose` is the graph's type of the purposes."""
    doc = "打开密封信息的用途，逐次留痕 · What sealed values are opened for; every opening is recorded"
    arguments = {
        "purpose": GraphQLArgument(GraphQLNonNull(purpose), description="用途 · The purpose"),
        "reason": GraphQLArgument(
            GraphQLString, description="理由，非承办人须写明 · The reason; required of who does not handle the case"
        ),
    }
    places = [DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION]
    return GraphQLDirective("opening", places, arguments, description=doc)
