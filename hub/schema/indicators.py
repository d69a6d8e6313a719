"""Indicators in the graph: each definition with its figures for a period, by group, and the filters that drill down."""

from typing import Any

from hub.schema.meetings import Counts
from hub.schema.scalars import Kind
from hub.schema.shells import SCALARS, Made, Shells

ROOT = "indicators"
"""The root field."""


def indicators(shells: Shells) -> Made:
    """The root field with its types; groups are those of the statistics of cases."""
    money: Any = SCALARS[Kind.MONEY]
    figures = [
        Made(
            "group",
            str | None,
            "分组：代码、标识、月份或区划 · The group: a code, id, month or region code; null for none",
        ),
        Made(
            "count",
            int | None,
            "分子件数，与下钻列表等长 · How many are in the numerator, as many as drilling down lists",
        ),
        Made("of", int | None, "分母件数 · How many are in the denominator; null where there is none"),
        Made("amount", money | None, "金额合计，元 · The sum of amounts; null where none is asked"),
        Made(
            "days",
            int | None,
            "天数合计；除以件数即平均天数 · The sum of days, of which the mean is that by the count; null where none is asked",
        ),
        Made(
            "value",
            str | None,
            "指标值 · The figure: a rate with four places, a sum, a number, a mean of days with two places, or nine tenths:"
            " the least number of days within which nine of ten were done (it is counted anew for the whole, not added up)",
        ),
        Made("hidden", bool, "小数隐去 · Fewer than five cases, not shown in published views"),
        Made(
            "filter", str | None, "分子筛选条件（JSON）· The numerator's filter of what the indicator counts, as JSON"
        ),
        Made(
            "ofFilter",
            str | None,
            "分母筛选条件（JSON）· The denominator's filter of what the indicator counts, as JSON",
        ),
    ]
    counts: Any = shells.told(Counts)
    figure: Any = shells.fill("Figure", "指标值 · A figure of an indicator", figures)
    fields = [
        Made("key", str, "指标代号 · Its key"),
        Made("name", str, "名称 · Name, Chinese"),
        Made("nameEn", str, "英文名称 · Name, English"),
        Made("version", int, "口径版本 · Version of its definition"),
        Made("basis", str, "依据 · What the definition follows"),
        Made("counts", counts, "所计事项 · What it counts: the list whose filters its figures give"),
        Made("total", figure, "合计 · The whole: the sum of its parts"),
        Made("parts", list[figure], "分项 · The parts, by group; empty where nothing is grouped by"),
    ]
    kind: Any = shells.fill("Indicator", "统计指标 · An indicator for a period", fields)
    by: Any = shells["CaseDimension"]
    arguments = (
        Made("period", str, "期间 · A year, quarter or month: `2025`, `2025-Q1`, `2025-03`"),
        Made("region", str | None, "区划代码 · Code of a city, district, management zone or town"),
        Made("by", by | None, "分组维度，流转按所属案件 · What to group by; referrals by what their cases say"),
        Made("keys", list[str] | None, "指标代号，缺省为全部 · Which indicators; all of them unless said"),
    )
    doc = "统计指标：分子、分母均为案件或流转查询（R67、R78）· Indicators: numerator and denominator are queries of cases or of referrals"
    return Made(ROOT, list[kind], doc, arguments)
