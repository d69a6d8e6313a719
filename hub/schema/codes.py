"""Codes: lists that are data, so that a new dispute type never changes the graph (DOMAIN 4.1-4.6)."""

import datetime as dt

from hub.schema.declare import Entity, Field, column, public


class Code(
    Entity,
    prefix="code",
    doc="代码 · A code of a list that is data",
    scope=(public(),),
    key=("list", "code"),
    natural=True,
):
    list: Field[str] = column("代码表 · The list it belongs to", index=True)
    code: Field[str] = column("代码 · The code", index=True)
    zh: Field[str] = column("中文名称 · Chinese name")
    en: Field[str] = column("英文名称 · English name")
    used_by_rule: Field[bool] = column("规则引用 · Named by a rule, so it cannot be ended")
    valid_from: Field[dt.date | None] = column("启用日期 · Valid from")
    valid_to: Field[dt.date | None] = column("停用日期 · Valid to, inclusive")
