"""Policies: configuration as rows, so that two processes never differ. Internal: the graph does not show them yet."""

import datetime as dt

from hub.schema.declare import Entity, Field, index, internal


class Policy(
    Entity,
    prefix="pol",
    doc="策略 · A policy row: viewers, limits and the like",
    roots=(),
    table=(index("kind", "name", unique=True),),
):
    kind: Field[str] = internal("类别 · Kind: viewer, ...", index=True)
    name: Field[str] = internal("名称 · Name within its kind")
    body: Field[str] = internal("内容 · Content, as JSON")
    valid_from: Field[dt.date | None] = internal("启用日期 · Valid from")
    valid_to: Field[dt.date | None] = internal("停用日期 · Valid to, inclusive")
