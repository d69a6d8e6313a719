"""Files of every record go through the importers; what is stored is what the simulation knows (EXCHANGE; R65-R69)."""

from tests.exchange.truth import Account

from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.samples import sample
from hub.simulation.agencies.supply import deliveries

FULL = Quirks().but(bridges=0.08, relapses=0.08, namesakes=0.05, corrections=0.3, resends=0.1, duplicates=0.05, ties=0.0)
LOUD = FULL.but(
    rare_names=0.3, merged_cells=1, totals=1, signatures=1, repeated_headings=1, folded_headings=0.5, reordered=0.5,
    extra_columns=1, mangled=0.5, legacy=0.2, date_forms=0.9, money_forms=0.8, phone_forms=0.8, ties=0,
    missing=0.05, impossible_dates=0.05, future_dates=0.05, unknown_regions=0.05, bad_checks=0.05, lost_identifiers=0.05,
    bad_amounts=0.05,
)  # fmt: skip


async def test_every_record_in_its_dialect_means_what_its_agency_meant(account: Account) -> None:
    """每种记录 · Sixteen records, all quirks of values and sheets, and rows that are bad for each reason."""
    for record in sorted(LAYOUTS, key=lambda one: LAYOUTS[one].kind != "case"):
        await account.take(sample(account.seeds, record, rows=60, quirks=LOUD))

    await account.compare()
    account.hold()
    assert len({row.reason for _, row in account.bad.values()}) == 7
    assert {file.form for file in account.files.values()} == {"csv", "xlsx", "xml", "json", "soap", "envelope"}


async def test_half_a_year_of_deliveries_is_stored_as_it_was_meant(account: Account) -> None:
    """不重不漏 R65-R69 · Corrections, re-sent months, voids, orphans and merges, day by day."""
    for file in deliveries(account.seeds, disputes=600, days=200, every=20, quirks=FULL):
        await account.take(file)

    await account.compare()
    account.hold()
    assert any(len(keys) > 2 for keys in account.book.components())
