"""The quality of investigations, as the graph shows it (R78)."""

from dataclasses import dataclass

from hub.schema.asides import Aside
from hub.schema.shells import Made


@dataclass(frozen=True, slots=True)
class InvestigationQuality:
    """排查质量 · The four quality figures of investigation, of a town or of the whole region

    town: 镇街代码，合计为空 · Code of the town; null for the whole
    tasks: 应报任务 · Tasks that were due, the cancelled ones aside
    submitted: 已报任务 · Of these, tasks that were reported on
    coverage: 排查覆盖率（底数清）· Share reported on, four places
    findings: 排查发现 · Findings reported
    complete: 要素齐全 · Of these, findings that tell facts, people and measures
    completeness: 要素齐全率（情况明）· Share that is complete, four places
    hours: 处置时长中位数（处置快）· Median hours until a finding was handled
    escalated: 激化上行案件 · Cases that escalated or went to the police
    foreseen: 事先已发现 · Of these, cases that had been found before
    foresight: 预警命中率（预判准）· Share that had been found before, four places
    """

    town: str | None
    tasks: int
    submitted: int
    coverage: str | None
    findings: int
    complete: int
    completeness: str | None
    hours: str | None
    escalated: int
    foreseen: int
    foresight: str | None


INVESTIGATION_QUALITY = Aside(
    "investigationQuality",
    "排查质量四项指标：合计在前，其后为各镇街 · The four quality figures of investigation: the whole, then each town (R78)",
    "region",
    "区划 · The region, within the asker's own",
    InvestigationQuality,
    further=(Made("period", str, "期间 · A year, quarter or month: `2025`, `2025-Q1`, `2025-03`"),),
)
