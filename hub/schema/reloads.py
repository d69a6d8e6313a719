"""Reloads: asking every process to read configuration and policy anew, and what came of it in each (DESIGN section 7)."""

import datetime as dt

from hub.schema.declare import Entity, Field, internal


class Reload(
    Entity,
    prefix="reload",
    doc="重载请求 · A request to read configuration and policy anew",
    roots=(),
):
    asked_at: Field[dt.datetime] = internal("请求时间 · Asked at", index=True)


class ReloadOutcome(
    Entity,
    prefix="reloaded",
    doc="重载结果 · What came of a reload in one process",
    roots=(),
):
    reload: Field[str] = internal("请求 · The reload's id", index=True)
    process: Field[str] = internal("进程 · The process")
    error: Field[str | None] = internal("错误编号 · Code of what refused it; none where it was done")
    sentence: Field[str | None] = internal("说明 · What refused it")
    told_at: Field[dt.datetime] = internal("时间 · When", index=True)
