"""What a hub is made of, found by file name: nouns, verbs, jobs and the graph over them. Finding them opens nothing."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache, partial
from types import ModuleType

import hub.jobs
import hub.procedures
import hub.schema
from hub.jobs.contract import Routine
from hub.procedures.configuration import Base
from hub.procedures.conflicts import acceptance_conflicts
from hub.procedures.deeds import Act, acts_of
from hub.procedures.quality import investigation_quality
from hub.resolvers.aside import Asides
from hub.schema.conflicts import ACCEPTANCE_CONFLICTS
from hub.schema.declare import Entity
from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model, build
from hub.schema.quality import INVESTIGATION_QUALITY


@cache
def hub_model() -> Model:
    """Every noun there is: the modules of hub/schema by file name, sorted."""
    kinds = [kind for module in _modules(hub.schema) for kind in vars(module).values() if isinstance(kind, type)]
    return build(dict.fromkeys(kind for kind in kinds if issubclass(kind, Entity) and kind is not Entity))


@cache
def hub_acts() -> Mapping[str, Act]:
    """Everything that can be done: the verbs of hub/procedures, by name."""
    return acts_of(_modules(hub.procedures))


@cache
def hub_graph() -> HubSchema:
    """The graph of every noun and every verb."""
    asides = [ACCEPTANCE_CONFLICTS, INVESTIGATION_QUALITY]
    return graph(hub_model(), [act.verb for act in hub_acts().values()], asides, figures=True)


def hub_asides(base: Base) -> Asides:
    """What is asked beside the rows that one sees."""
    return {
        ACCEPTANCE_CONFLICTS.name: (ACCEPTANCE_CONFLICTS, partial(acceptance_conflicts, base)),
        INVESTIGATION_QUALITY.name: (INVESTIGATION_QUALITY, partial(investigation_quality, base)),
    }


def _modules(package: ModuleType) -> list[ModuleType]:
    """The modules of a package by file name, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


@cache
def routines() -> dict[str, Routine]:
    """Every job there is: the modules of hub/jobs that hold one, by file name, sorted."""
    found = {each.__name__.rpartition(".")[2]: getattr(each, "ROUTINE", None) for each in _modules(hub.jobs)}
    return {name: routine for name, routine in found.items() if isinstance(routine, Routine)}
