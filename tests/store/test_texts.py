"""Texts that name people are masked with all names of their case, whenever they come; search finds the masks only."""

from tests.oracle import rows, words
from tests.oracle.access import Sight
from tests.oracle.municipality import generate
from tests.oracle.viewers import PUBLIC
from tests.store.town import Town

from hub.rules import wording
from hub.schema.cases import Case, Party
from hub.schema.model import Model
from hub.schema.referrals import Referral
from hub.store.changes import Insert, Update, batches


async def test_texts_are_masked_with_the_names_of_their_deed(town: Town) -> None:
    id_ = f"case_{1:032x}"
    await town.write(
        town.case(id=id_, title="张三与李四", narrative="李四打了张三，电话13812341234"),
        town.party(id_, "张三"),
        town.party(id_, "李四"),
        town.referral(id_, id=f"ref_{1:032x}", note="请联系张三"),
    )

    row = await town.row("cases", id_)
    assert (row["title"], row["narrative"]) == ("张*与李*", "李*打了张*，电话138****1234")
    assert row["search_tokens"] == wording.tokens(row["title"], row["narrative"])
    assert (await town.row("referrals", f"ref_{1:032x}"))["note"] == "请联系张*"


async def test_a_party_that_joins_is_masked_in_all_texts_of_its_case(town: Town) -> None:
    case, other = await town.write(town.case(title="张三与王五"), town.case(title="王五的案子"))
    await town.write(town.referral(case.id, note="王五来电"))

    await town.write(town.party(case.id, "王五"))

    row = await town.row("cases", case.id)
    assert (row["title"], row["version"]) == ("张三与王*", 1)
    assert [each["note"] for each in await town.rows("referrals")] == ["王*来电"]
    assert (await town.row("cases", other.id))["title"] == "王五的案子"
    assert await town.search("cases", "王五") == {other.id}
    assert await town.search("cases", "三与王*") == {case.id}


async def test_a_longer_name_that_joins_later_is_masked_whole(town: Town) -> None:
    [case] = await town.write(town.case(title="张三丰来访"))
    await town.write(town.party(case.id, "张三"))
    assert (await town.row("cases", case.id))["title"] == "张*丰来访"

    await town.write(town.party(case.id, "张三丰"))

    assert (await town.row("cases", case.id))["title"] == "张*来访"


async def test_a_renamed_party_is_masked_by_its_new_name_only(town: Town) -> None:
    [case] = await town.write(town.case(title="张三与张山"))
    [party] = await town.write(town.party(case.id, "张山"))

    await town.write(Update(Party, party.id, 1, {"name": "张三"}))

    assert (await town.row("cases", case.id))["title"] == "张*与张山"


async def test_a_party_that_moves_is_masked_in_its_new_case_only(town: Town) -> None:
    one, two = await town.write(town.case(title="张三甲"), town.case(title="张三乙"))
    [party] = await town.write(town.party(one.id, "张三"))

    await town.write(Update(Party, party.id, 1, {"case": two.id}))

    assert [(await town.row("cases", each.id))["title"] for each in (one, two)] == ["张三甲", "张*乙"]


async def test_a_changed_text_is_masked_with_the_names_there_are(town: Town) -> None:
    [case] = await town.write(town.case(narrative="张三来访"))
    await town.write(town.party(case.id, "张三"))

    await town.write(Update(Case, case.id, 1, {"title": "张三再次来访"}))

    row = await town.row("cases", case.id)
    assert (row["title"], row["narrative"]) == ("张*再次来访", "张*来访")
    assert await town.search("cases", "再次") == {case.id}
    assert await town.search("cases", "*来访") == {case.id}


async def test_a_referral_that_moves_is_masked_with_the_names_of_its_new_case(town: Town) -> None:
    one, two = await town.write(town.case(), town.case())
    await town.write(town.party(one.id, "张三"), town.party(two.id, "李四"))
    [referral] = await town.write(town.referral(one.id, note="张三与李四"))

    await town.write(Update(Referral, referral.id, 1, {"case": two.id}))

    assert (await town.row("referrals", referral.id))["note"] == "张三与李*"


async def test_a_removed_text_leaves_nothing_behind(town: Town) -> None:
    [case] = await town.write(town.case(narrative="漏水"))

    await town.write(Update(Case, case.id, 1, {"narrative": None}))

    row = await town.row("cases", case.id)
    assert (row["narrative"], row["narrative_sealed"]) == (None, None)
    assert await town.search("cases", "漏水") == set()


async def test_a_whole_municipality_reads_as_the_oracle_masks_it(town: Town, model: Model) -> None:
    data = generate(11, cases=40)
    known = {row["id"] for row in (*await town.rows("regions"), *await town.rows("courts"))}
    changes = [Insert(noun, values, event=None) for noun, values in rows.written(data)]

    for batch in batches(change for change in changes if change.values["id"] not in known):
        await town.ledger.write(batch, actor="intake", now=rows.WRITTEN_AT)

    sight = Sight(data, PUBLIC)
    for noun, members in (("Case", ("title", "narrative")), ("Referral", ("note",)), ("Party", ("identity", "phone"))):
        stored = {row["id"]: row for row in await town.rows(model[noun].table)}
        for row in data[noun].values():
            assert [stored[row["id"]][name] for name in members] == [sight.shows(noun, row, name) for name in members]


async def test_search_finds_the_same_in_every_database(town: Town) -> None:
    texts = [f"{text}与{text}" for text in (*words.NASTY, *words.NAMES)]
    await town.write(*(town.case(title=text) for text in texts))
    shown = {row["id"]: row["title"] for row in await town.rows("cases")}

    for text in map(wording.normalised, list(shown.values())):
        for start in range(0, min(len(text), 20), 7):
            for length in (1, 2, 3, 7):
                asked = text[start : start + length]
                found = {id_ for id_, title in shown.items() if wording.contains(title, asked)}
                assert await town.search("cases", asked) == found, asked


async def test_search_looks_past_what_an_index_remembers(town: Town) -> None:
    """PostgreSQL keeps 256 places of a word, and none beyond the 16,383rd."""
    title = "长" * 400 + "短" + "".join(chr(0x4E00 + number) for number in range(18_000)) + "终于终"
    [case] = await town.write(town.case(title=title))

    assert await town.search("cases", "长长短") == {case.id}
    assert await town.search("cases", "终于终") == {case.id}
    assert await town.search("cases", "短长") == set()
