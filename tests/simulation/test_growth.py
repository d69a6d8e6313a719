"""A municipality grown in a base that was configured."""

import datetime as dt
import importlib
import pkgutil
from pathlib import Path

import sqlalchemy as sa

import hub.schema
from hub.procedures.configuration import Base, apply
from hub.procedures.seeds import read_seeds
from hub.schema.declare import Entity
from hub.schema.model import Model, build
from hub.settings import Limits
from hub.simulation.growth import grow, standing
from hub.store.ledger import Ledger
from hub.store.migrate import prepared
from hub.store.seal import Seal, new_keys

CONFIG = Path(__file__).parents[2] / "config"
NOW = dt.datetime(2025, 12, 31, 10, tzinfo=dt.UTC)


def whole_model() -> Model:
    names = sorted(module.name for module in pkgutil.iter_modules(hub.schema.__path__))
    modules = [importlib.import_module(f"hub.schema.{name}") for name in names]
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    return build(dict.fromkeys(kind for kind in kinds if issubclass(kind, Entity) and kind is not Entity))


async def test_a_configured_base_takes_every_row(tmp_path: Path) -> None:
    model = whole_model()
    engine, metadata = await prepared(f"sqlite:///{tmp_path}/hub.db", model)
    ledger = Ledger(engine, metadata, model, Seal(new_keys()))
    await apply(Base(engine, metadata, model, ledger), read_seeds(CONFIG), Limits(), actor="admin", now=NOW)
    async with engine.connect() as connection:
        before = len((await standing(connection, metadata)).organisations)

    written = await grow(ledger, engine, metadata, cases=120)

    async with engine.connect() as connection:
        counts = {
            name: await connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[name])) or 0
            for name in ("cases", "organisations", "mediators", "events")
        }
        placed = await connection.scalar(sa.text("SELECT count(*) FROM cases WHERE city = '370400' AND town IS NOT NULL"))
        titles = (await connection.execute(sa.text("SELECT title FROM cases"))).scalars().all()
        silent = await connection.scalar(
            sa.text("SELECT count(*) FROM events WHERE case_id IS NOT NULL AND routing_after IS NULL")
        )
    assert counts["cases"] == placed == 120
    assert counts["organisations"] > before
    assert counts["mediators"] + counts["cases"] < written
    assert all("*" in title for title in titles)
    assert silent == 0
    await engine.dispose()
