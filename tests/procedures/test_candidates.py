"""Candidates stay few: a new case is given the most alike, and what everybody shares proposes nothing (R68)."""

from collections import Counter

from tests.procedures.agencies import Hub, matter, person

from hub.procedures.candidates import MOST


async def test_a_new_case_is_given_the_most_alike_only(hub: Hub) -> None:
    await hub.takes("petition", *(matter(f"a{number}", person("张三"), person("李四")) for number in range(20)))
    before = len(await hub.rows("candidates"))

    await hub.takes("petition", matter("b", person("张三"), person("李四")))

    assert len(await hub.rows("candidates")) == before + MOST
    opened = Counter(row["other_id"] for row in await hub.rows("candidates"))
    assert before <= 20 * MOST
    assert opened[(await hub.case_of("b"))["id"]] == MOST


async def test_a_telephone_that_many_have_says_nothing(hub: Hub) -> None:
    rows = [matter(f"a{n}", person(f"甲{n}", phone="06325550100"), person(f"乙{n}")) for n in range(60)]

    await hub.takes("petition", *rows)
    await hub.takes("petition", matter("b", person("丙", phone="06325550100"), person("丁")))

    assert await hub.rows("candidates") == []
