"""Migrations: an empty base becomes the model's, a changed model becomes a draft, search survives both."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import NotMigrated
from hub.schema.model import Column, Model, Noun
from hub.schema.scalars import Kind
from hub.store import dialects, migrate
from hub.store.base import engine_of, open_base

NEWEST = migrate.head() or "0000"
NEXT = f"{int(NEWEST) + 1:04d}"
"""The number that the next migration gets."""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A folder of migrations that a test may add to."""
    return shutil.copytree(migrate.VERSIONS, tmp_path / "versions", ignore=shutil.ignore_patterns("__pycache__"))


def with_member(model: Model, noun: str, member: Column) -> Model:
    """The model with one more column in a noun, before its version."""
    known = model[noun].members
    names = list(known)
    place = names.index("version")
    members = {**{n: known[n] for n in names[:place]}, member.name: member, **{n: known[n] for n in names[place:]}}
    return Model({**model.nouns, noun: Noun(model[noun].declared, members)})


async def test_an_empty_base_becomes_what_the_model_says(url: str, model: Model) -> None:
    assert await migrate.current(url) is None

    assert await migrate.upgrade(url) == migrate.head()

    assert await migrate.current(url) == migrate.head()
    assert await migrate.draft(url, model, "nothing") is None
    engine = await open_base(url)
    await migrate.require_current(engine)
    await engine.dispose()


async def test_upgrading_again_changes_nothing(url: str, model: Model) -> None:
    await migrate.upgrade(url)

    assert await migrate.upgrade(url) == migrate.head()
    assert await migrate.draft(url, model, "nothing") is None


async def test_a_base_that_is_not_at_the_newest_version_is_refused(url: str, model: Model) -> None:
    engine = await open_base(url)
    with pytest.raises(NotMigrated):
        await migrate.require_current(engine)
    await engine.dispose()
    with pytest.raises(NotMigrated):
        await migrate.draft(url, model, "too early")


async def test_tables_made_at_once_are_those_of_the_migrations(url: str, model: Model, tmp_path: Path) -> None:
    engine, _ = await migrate.prepared(url, model)
    await engine.dispose()
    made = await _shape(url)

    other = f"sqlite:///{tmp_path}/other.db"
    if url.startswith("postgresql"):
        engine = engine_of(url)
        async with engine.begin() as connection:
            await connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            await connection.execute(sa.text("CREATE SCHEMA public"))
        await engine.dispose()
        other = url
    await migrate.upgrade(other)
    assert await _shape(other) == made


async def test_one_more_field_becomes_one_draft(url: str, model: Model, versions: Path) -> None:
    await migrate.upgrade(url, versions=versions)
    member = Column(name="remark", doc="备注 · Remark", nullable=True, kind=Kind.TEXT, index=True)
    changed = with_member(model, "Case", member)

    written = await migrate.draft(url, changed, "case remark", versions=versions)

    assert written is not None
    assert written.name == f"{NEXT}_case_remark.py"
    text = written.read_text()
    assert "sa.Column('remark', dialects.Bytewise(), nullable=True, comment='备注 · Remark')" in text
    assert "ix_cases_remark_id" in text
    assert "search" not in text
    assert await migrate.upgrade(url, versions=versions) == NEXT
    assert await migrate.draft(url, changed, "nothing", versions=versions) is None


async def test_search_still_finds_after_a_table_was_built_anew(url: str, model: Model, versions: Path) -> None:
    await migrate.upgrade(url, versions=versions)
    await _insert_case(url, "1", "x000061")
    known = {"cause": dataclasses.replace(model["Case"].members["cause"], nullable=False)}
    changed = Model({**model.nouns, "Case": Noun(model["Case"].declared, model["Case"].members | known)})
    await _change(url, changed, "cause is known", versions)

    await _insert_case(url, "2", "x000061")
    await _insert_case(url, "3", "x000062")

    assert await _found(url, "x000061") == ["case_1", "case_2"]


async def test_a_noun_that_becomes_searched_is_indexed_with_its_rows(url: str, model: Model, versions: Path) -> None:
    await migrate.upgrade(url, versions=versions)
    await _insert_case(url, "1", "x000061")
    await _change(url, _without_search(model), "no search", versions)
    others = {noun.table for noun in model.nouns.values() if noun.searched} - {"cases"}
    assert await _searched(url) == others

    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.run_sync(_add_tokens)
        await connection.run_sync(dialects.create_search, "cases")
    await engine.dispose()

    assert await _searched(url) == {"cases", *others}
    await _insert_case(url, "2", "x000061")
    assert await _found(url, "x000061") == ["case_1", "case_2"]


async def test_migrations_run_all_or_none(url: str, versions: Path) -> None:
    broken = f"revision = '{NEXT}'\ndown_revision = '{NEWEST}'\n\n\ndef upgrade():\n    raise RuntimeError\n"
    (versions / f"{NEXT}_broken.py").write_text(broken)

    with pytest.raises(RuntimeError):
        await migrate.upgrade(url, versions=versions)
    assert await migrate.current(url) is None
    assert await _shape(url) == {}


async def _change(url: str, model: Model, message: str, versions: Path) -> None:
    assert await migrate.draft(url, model, message, versions=versions)
    await migrate.upgrade(url, versions=versions)


async def _searched(url: str) -> set[str]:
    engine = engine_of(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(dialects.searched_tables)
    await engine.dispose()
    return found


def _add_tokens(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE cases ADD COLUMN search_tokens TEXT NOT NULL DEFAULT 'x000061'")


def _without_search(model: Model) -> Model:
    members = {
        name: dataclasses.replace(member, search=False) if hasattr(member, "search") else member  # type: ignore[call-arg]
        for name, member in model["Case"].members.items()
    }
    return Model({**model.nouns, "Case": Noun(model["Case"].declared, members)})


async def _shape(url: str) -> dict[str, object]:
    def look(connection: sa.Connection) -> dict[str, object]:
        inspector = sa.inspect(connection)
        names = [name for name in inspector.get_table_names() if name != "alembic_version"]
        return {
            name: (
                # A later migration adds its columns at the end of the table.
                sorted((each["name"], str(each["type"]), each["nullable"]) for each in inspector.get_columns(name)),
                sorted(str(each["name"]) for each in inspector.get_indexes(name)),
                sorted(str(each["name"]) for each in inspector.get_foreign_keys(name)),
                sorted(str(each["name"]) for each in inspector.get_unique_constraints(name)),
            )
            for name in names
        }

    engine = engine_of(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(look)
    await engine.dispose()
    return found


async def _insert_case(url: str, number: str, tokens: str) -> None:
    """A case with the least that its table asks for, and what it links to."""

    def run(connection: sa.Connection) -> None:
        for table in ("regions", "organisations"):
            _insert(connection, table, id=f"{table}_{number}", code=number, region_id=f"regions_{number}")
        links = {"region_id": f"regions_{number}", "organisation_id": f"organisations_{number}"}
        _insert(connection, "cases", id=f"case_{number}", number=number, search_tokens=tokens, cause="x", **links)

    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def _insert(connection: sa.Connection, name: str, **values: str) -> None:
    table = sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
    least = {c.name: _least(c) for c in table.columns if not c.nullable}
    given = {name: value for name, value in values.items() if name in table.columns}
    connection.execute(table.insert(), {**least, **given})


def _least(wanted: sa.Column[object]) -> object:
    kind = wanted.type.python_type
    return kind(2025, 1, 1) if kind.__name__ == "date" else kind()


async def _found(url: str, word: str) -> list[str]:
    engine = engine_of(url)
    matching = "to_tsvector('simple', search_tokens) @@ to_tsquery('simple', :word)"
    statement = f"SELECT id FROM cases WHERE {matching} ORDER BY id"
    if engine.dialect.name == "sqlite":
        statement = "SELECT id FROM cases_search WHERE tokens MATCH :word ORDER BY id"
    async with engine.connect() as connection:
        found = list((await connection.execute(sa.text(statement), {"word": word})).scalars())
    await engine.dispose()
    return found
