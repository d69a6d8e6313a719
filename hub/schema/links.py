"""Links between cases: candidates for a person, merges and how they were undone, and what a person decided (R68, R69)."""

import datetime as dt
import enum

from hub.schema.cases import Case
from hub.schema.declare import Entity, Field, Link, column, index, internal, link, of_case
from hub.schema.sources import SourceRecord


class CandidateState(enum.Enum):
    """候选状态 · State of a candidate"""

    PROPOSED = "待确认 · Proposed"
    CONFIRMED = "已确认 · Confirmed as the same dispute"
    REJECTED = "已否定 · Rejected"


class MergeBasis(enum.Enum):
    """归并依据 · What a merge rests on"""

    RULE = "归并规则 · The merge rule (R69)"
    PERSON = "人工确认 · A person's confirmation"


class VerdictKind(enum.Enum):
    """人工决定 · What a person decided of two source records"""

    JOIN = "同一纠纷 · The same dispute"
    PART = "不同纠纷 · Different disputes"


class Candidate(
    Entity,
    prefix="cand",
    doc="疑似同案 · A candidate: two cases that may be the same dispute",
    scope=(of_case("case"), of_case("other")),
    table=(index("case_id", "other_id", unique=True),),
):
    case: Link[Case] = link("案件 · The older case")
    other: Link[Case] = link("另一案件 · The newer case")
    score: Field[int] = column("相似度 · How alike they are, 0 to 100", index=True)
    grounds: Field[str] = column("依据 · What is alike: names of fields")
    state: Field[CandidateState] = column("状态 · State", index=True)
    proposed_at: Field[dt.datetime] = column("提出时间 · Proposed at", index=True)
    decided_at: Field[dt.datetime | None] = column("决定时间 · Decided at", index=True)
    decided_by: Field[str | None] = column("决定人 · Who decided: the role, never a name")


class Merge(
    Entity,
    prefix="merge",
    doc="并案记录 · A merge of one case into another, and how it ended",
    scope=(of_case("survivor"), of_case("merged")),
    table=(index("merged_id", "undone_at"),),
):
    survivor: Link[Case] = link("保留案件 · The case that stays: the older number")
    merged: Link[Case] = link("并入案件 · The case that was merged into it")
    basis: Field[MergeBasis] = column("依据 · What it rests on", index=True)
    merged_at: Field[dt.datetime] = column("并案时间 · Merged at", index=True)
    merged_by: Field[str] = column("并案人 · Who merged: the role, never a name")
    undone_at: Field[dt.datetime | None] = column("撤销时间 · Undone at", index=True)
    undone_by: Field[str | None] = column("撤销人 · Who undid it: the role, never a name")
    state_before: Field[str] = internal("并案前状态 · State of the merged case before")
    survivor_before: Field[str | None] = internal("保留案件并案前状态 · State of the surviving case before")


class Verdict(
    Entity,
    prefix="verd",
    doc="人工归并决定 · What a person decided of two source records; it holds against any rule",
    roots=(),
    table=(index("one_id", "other_id", unique=True), index("other_id", "id")),
):
    one: Link[SourceRecord] = link("来源记录 · Source record", index=False)
    other: Link[SourceRecord] = link("另一来源记录 · The other source record", index=False)
    kind: Field[VerdictKind] = internal("决定 · What was decided")
    decided_at: Field[dt.datetime] = internal("决定时间 · Decided at")
    decided_by: Field[str] = internal("决定人 · Who decided: the role")


class Pairing(
    Entity,
    prefix="pair",
    doc="归并键 · A further pair of identified parties of a source record",
    roots=(),
):
    source: Link[SourceRecord] = link("来源记录 · Source record")
    key: Field[str | None] = internal("归并键 · Keyed hash of the pair; null when it is no longer one", index=True)
