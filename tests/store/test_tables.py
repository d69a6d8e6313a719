"""Tables follow from the declarations: columns, their neighbours, indexes, constraints and comments."""

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from hub.schema.model import Model
from hub.store.tables import indexed_columns, stored_columns, tables


@pytest.mark.parametrize(
    ("noun", "member", "stored", "indexed"),
    [
        ("Case", "number", ("number",), ("number",)),
        ("Case", "cause", ("cause",), ()),
        ("Case", "title", ("title", "title_sealed"), ()),
        ("Case", "narrative", ("narrative", "narrative_sealed"), ()),
        ("Case", "region", ("region_id", "city", "district", "town", "zone"), ("region_id", "city", "district", "town", "zone")),
        ("Case", "dispute_type", ("dispute_type",), ("dispute_type",)),
        ("Case", "open", (), ()),
        ("Case", "parties", (), ()),
        ("Party", "name", ("name", "name_hash"), ("name_hash",)),
        ("Party", "identity", ("identity", "identity_sealed", "identity_hash"), ("identity_hash",)),
        ("Party", "address", ("address", "address_sealed"), ()),
        ("Organisation", "name", ("name", "name_sound"), ("name", "name_sound")),
        ("Event", "subject", ("subject_id",), ("subject_id",)),
    ],
)  # fmt: skip
def test_a_member_is_stored_in_columns_of_its_own(
    model: Model, noun: str, member: str, stored: tuple[str, ...], indexed: tuple[str, ...]
) -> None:
    said = model[noun].members[member]

    assert stored_columns(said) == stored
    assert indexed_columns(said) == indexed


def test_every_stored_column_is_in_its_table_with_a_bilingual_comment(model: Model) -> None:
    metadata = tables(model)

    assert set(metadata.tables) == {noun.table for noun in model.nouns.values()}
    for noun in model.nouns.values():
        table = metadata.tables[noun.table]
        names = {name for member in noun.members.values() for name in stored_columns(member)}
        assert names <= set(table.columns.keys())
        assert table.comment == noun.doc
        assert all(" · " in (column.comment or "") or "·" in (column.comment or "") for column in table.columns)


def test_only_searched_nouns_have_search_words_and_only_the_log_a_position(model: Model) -> None:
    metadata = tables(model)

    assert [name for name, table in metadata.tables.items() if "search_tokens" in table.columns] == ["cases", "findings"]
    assert [name for name, table in metadata.tables.items() if [c.name for c in table.primary_key] == ["seq"]] == ["events"]
    assert [column.name for column in metadata.tables["events"].primary_key] == ["seq"]
    assert [column.name for column in metadata.tables["cases"].primary_key] == ["id"]


def test_text_is_compared_bytewise_on_both_databases(model: Model) -> None:
    cases = tables(model).tables["cases"]

    spelled = {name: str(CreateTable(cases).compile(dialect=_dialect(name))) for name in ("postgresql", "sqlite")}

    assert 'title VARCHAR COLLATE "C" NOT NULL' in spelled["postgresql"]
    assert "title TEXT NOT NULL" in spelled["sqlite"]


def test_links_are_foreign_keys_unless_they_may_lead_to_several_nouns(model: Model) -> None:
    events, cases = (tables(model).tables[name] for name in ("events", "cases"))

    assert not events.c.subject_id.foreign_keys
    assert [key.target_fullname for key in cases.c.organisation_id.foreign_keys] == ["organisations.id"]


def test_every_constraint_and_index_has_a_short_name_of_its_own(model: Model) -> None:
    found = [
        str(rule.name)
        for table in tables(model).tables.values()
        for rule in (*table.constraints, *table.indexes)
        if isinstance(rule, (sa.Constraint, sa.Index))
    ]

    assert len(found) == len(set(found))
    assert max(map(len, found)) <= 63


def _dialect(name: str) -> sa.Dialect:
    return sa.create_mock_engine(f"{name}://", lambda *_: None).dialect
