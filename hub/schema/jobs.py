"""Jobs: what is done because time passed, each run of it, and when it is done next (DESIGN section 9)."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.schema.declare import Entity, Field, Link, Many, column, in_region, index, internal, link, many

if TYPE_CHECKING:
    from hub.schema.regions import Region


class RunState(enum.Enum):
    """运行状态 · State of a job's run"""

    REQUESTED = "待运行 · Requested or given back; the next free process takes it"
    RUNNING = "运行中 · A process runs it, as long as it renews its lease"
    RETRYING = "待重试 · It failed and is tried again"
    DONE = "已完成 · Done; never run again"
    FAILED = "失败 · It failed as often as it may; it runs again when it is asked for"


class RunReason(enum.Enum):
    """运行缘由 · Why a run is there"""

    SCHEDULE = "按计划 · Its time came"
    REQUEST = "应请求 · Somebody asked for it"


@dataclass(frozen=True, slots=True)
class Tally:
    """计数 · What a run came to: one count

    name: 名称 · What was counted
    count: 数量 · How many
    """

    name: str
    count: str | None = None


class Job(
    Entity,
    prefix="job",
    doc="定时作业 · A job: what is done because time passed",
    scope=(in_region(),),
    told=True,
    key=("name",),
    natural=True,
):
    name: Field[str] = column("名称 · Name", unique=True)
    region: Link["Region | None"] = link("区划 · The region it works for", levels=True)
    purpose: Field[str] = column("用途 · What it is for")
    clause: Field[str] = column("依据 · The clause it follows")
    schedule: Field[str] = column("计划 · When it is due, Asia/Shanghai")
    next_at: Field[dt.datetime | None] = column("下次时间 · When it is due next; null when it is paused", index=True)
    paused: Field[bool] = column("暂停 · Not run by time until it goes on; what was missed is made up then", index=True)
    retired: Field[bool] = column("停用 · No version of the hub in use has it any more", index=True)
    planned_until: Field[dt.datetime] = internal("已排至 · Up to when its runs were made")
    runs: Many["JobRun"] = many("运行 · Its runs", by="job")


class JobRun(
    Entity,
    prefix="run",
    doc="作业运行 · A run of a job; one for each job and period",
    scope=(in_region(),),
    told=True,
    roots=("one", "list", "statistics"),
    table=(index("job_id", "period", unique=True), index("state", "job_id", "period")),
):
    job: Link[Job] = link("作业 · Job", index=False)
    region: Link["Region | None"] = link("区划 · The region it worked for", levels=True)
    period: Field[dt.datetime] = column("期次 · The moment as of which it runs", index=True)
    since: Field[dt.datetime | None] = column("起点 · It covers what lies after this and up to its period")
    reason: Field[RunReason] = column("缘由 · Why it is there", index=True)
    state: Field[RunState] = column("状态 · State", index=True)
    claimed_by: Field[str | None] = column("运行进程 · The process that runs or ran it")
    lease_until: Field[dt.datetime | None] = column("租约至 · Until when it is that process's unless it renews")
    started_at: Field[dt.datetime | None] = column("开始时间 · When its last attempt began", index=True)
    ended_at: Field[dt.datetime | None] = column("结束时间 · When it was done or failed", index=True)
    retry_at: Field[dt.datetime | None] = column("重试时间 · When it is tried again")
    attempts: Field[int] = column("次数 · How often it was tried")
    outcome: Field[list[Tally]] = column("结果 · What it came to")
    error: Field[str | None] = column("错误编号 · Code of the error that its last attempt ended with", index=True)
