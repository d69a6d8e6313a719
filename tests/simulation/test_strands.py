"""A municipality grown in strands: no id or number twice, the same for the same seed, and after what is there."""

from hub.schema.cases import Case
from hub.schema.referrals import Referral
from hub.schema.sources import SourceRecord
from hub.simulation.handovers import REFERRALS
from hub.simulation.municipality import grown
from hub.simulation.seeds import Seeds
from hub.simulation.strands import STRANDS, Series, Strand, strands
from hub.store.ledger import Insert


def of(seeds: Seeds, strand: Strand, cases: int = 200) -> list[Insert]:
    return [row for rows in grown(seeds, strand, cases=cases) for row in rows]


def test_strands_share_out_all_cases_and_no_id_or_number_comes_twice(seeds: Seeds) -> None:
    rows = [row for strand in strands({}, 0) for row in of(seeds, strand)]

    ids = [row.values["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert sum(row.noun is Case for row in rows) == 200
    for noun, name in ((Case, "number"), (Referral, "number")):
        numbers = [row.values[name] for row in rows if row.noun is noun]
        assert len(set(numbers)) == len(numbers)
    records = [(row.values["system"], row.values["source_number"]) for row in rows if row.noun is SourceRecord]
    assert len(set(records)) == len(records)


def test_the_same_strand_is_the_same_again(seeds: Seeds) -> None:
    strand = Strand(number=3, of=STRANDS)

    assert [row.values for row in of(seeds, strand)] == [row.values for row in of(seeds, strand)]


def test_numbers_go_on_after_those_that_are_given_away(seeds: Seeds) -> None:
    rows = of(seeds, Strand(taken={REFERRALS: 5000}, otherwise=600))

    assert min(row.values["number"] for row in rows if row.noun is Referral) == "ZZR-2025-0005001"
    assert min(row.values["number"][-6:] for row in rows if row.noun is Case) == "000601"


def test_a_strand_takes_each_so_many_th_number() -> None:
    series = [Series(strand) for strand in strands({"a": 10}, 2)]

    assert [one.next("a") for one in series] == list(range(11, 19))
    assert [one.next("a") for one in series] == list(range(19, 27))
    assert series[0].next("b") == 3
