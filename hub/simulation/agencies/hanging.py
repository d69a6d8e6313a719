"""What hangs on a case as cells and as meaning: confirmations, notarisations, appraisals."""

import datetime as dt

from hub.simulation.agencies.cells import Pen
from hub.simulation.agencies.meanings import Attached
from hub.simulation.agencies.sights import Sight, Version
from hub.simulation.chance import Chance

_KINDS = {"court-confirm": "confirmation", "notary": "notarisation", "appraisal": "appraisal"}
_DATES = {
    "court-confirm": ("受理日期", "裁定日期"),
    "notary": ("受理日期", "出证日期"),
    "appraisal": ("受理日期", "出具日期"),
}
"""Beside the record's own date: when it was taken up, when it ended."""

_VALUES = {
    "court-confirm": ("受理法院", "案号", "裁定结果", "驳回事由", "执行案号", "执行状态"),
    "notary": ("公证处", "当事人", "公证事项", "是否赋予强制执行效力", "状态"),
    "appraisal": ("鉴定机构", "委托方", "鉴定事项", "延长期限", "补充材料起止", "鉴定意见摘要", "状态"),
}


def attached(sight: Sight, version: Version, cells: dict[str, str], pen: Pen, steady: Chance) -> Attached:
    """Fill the cells of an attachment; its own date is the caller's to write."""
    layout, record = sight.layout, sight.layout.record
    _words(sight, version, cells, steady)
    taken, ended = version.happened_on, version.updated.date() if version.result else None
    own = layout.fields["date"]
    dates: dict[str, dt.date | None] = {own: version.happened_on}
    for heading, day in zip(_DATES[record], (taken, ended), strict=True):
        if heading != own:
            dates[heading] = day
            cells[heading] = pen.date(day) if day else pen.blank()
    cells[layout.fields["ref"]] = sight.reference or pen.blank()
    if "AB" in layout.fields:
        both = (*version.applicants, *version.respondents)
        cells[layout.fields["AB"]] = pen.named(both, [one.identity or "" for one in both])
    fee = steady.randint(2, 40) * 5_000 if "amount" in layout.fields else None
    if fee is not None:
        cells[layout.fields["amount"]] = pen.money(fee, layout.unit)
    return Attached(
        kind=_KINDS[record],
        reference=sight.reference,
        dates=dates,
        values={heading: cells[heading] or None for heading in _VALUES[record]},
        amount=fee,
    )


def _words(sight: Sight, version: Version, cells: dict[str, str], steady: Chance) -> None:
    court, year = sight.court, sight.sendings[0][1].happened_on.year
    if sight.layout.record == "court-confirm" and court is not None:
        cells |= {
            "受理法院": court.name,
            "案号": f"（{year}）{court.code}民特{sight.quarrel.number}号",
            "裁定结果": version.result,
            "驳回事由": "内容不明确" if version.result == "驳回申请" else "",
        }
        enforced = version.result == "准予确认" and steady.happens(0.1)
        cells |= (
            {"执行案号": f"（{year}）{court.code}执{sight.quarrel.number}号", "执行状态": "执行中"} if enforced else {}
        )
    elif sight.layout.record == "notary":
        cells["状态"] = version.result or "受理中"
    elif sight.layout.record == "appraisal":
        cells["委托方"] = court.name if court is not None else "枣庄市中级人民法院"
        cells["状态"] = version.result or "鉴定中"
        cells["鉴定意见摘要"] = "构成十级伤残" if version.result == "已出具" else ""
