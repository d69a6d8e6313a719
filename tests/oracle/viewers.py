"""Who asks: one viewer per way of seeing rows, chosen so that each way stands alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from .rows import Data


@dataclass(frozen=True, slots=True)
class Viewer:
    """A viewer by what it may see (region codes, ids of organisations and courts, masks in force) and its role.

    Everybody also holds `public`. Nobody holds anything that is not listed.
    """

    name: str
    regions: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()
    masks: frozenset[str] = frozenset()
    role: str = "admin"


MASKED = frozenset({"name", "small"})
"""The masks that columns of today's nouns have."""

PUBLIC = Viewer("public", masks=MASKED, role="public")


def viewers(data: Data) -> tuple[Viewer, ...]:
    """All viewers of the property test for this municipality."""
    return tuple(_of_regions()) + tuple(_of_organisations(data)) + tuple(_of_several(data)) + (PUBLIC,)


def turns(data: Data) -> Iterator[Viewer]:
    """All viewers again and again; between any two of them one who sees much."""
    every = viewers(data)
    wide = [
        viewer
        for viewer in every
        if viewer.name in ("admin", "supervisor", "two regions", "organisation: charge", "everything")
    ]
    return (viewer for number in count() for viewer in (wide[number % len(wide)], every[number % len(every)]))


def _of_regions() -> Iterator[Viewer]:
    yield Viewer("admin", regions=("370400",))
    yield Viewer("district", regions=("370402",), role="intake")
    yield Viewer("town", regions=("370402001",), role="analyst")
    yield Viewer("zone", regions=("370491",), role="dispatch")
    yield Viewer("two regions", regions=("370402", "370481001"), role="intake")
    yield Viewer("five regions", regions=("370402001", "370402002", "370403", "370481", "370402101"), role="divert")
    yield Viewer("region without rows", regions=("370404",))
    yield Viewer("supervisor", regions=("370400",), masks=MASKED, role="supervisor")


_ROLES = {"charge": "org_admin", "source": "agency", "member": "agency"}
"""What those are who ask for an organisation; mediators where nothing is said."""


def _of_organisations(data: Data) -> Iterator[Viewer]:
    for part, id_ in data.cast.items():
        masks = MASKED if part == "lead" else frozenset[str]()
        yield Viewer(f"organisation: {part}", organisations=(id_,), masks=masks, role=_ROLES.get(part, "mediator"))


def _of_several(data: Data) -> Iterator[Viewer]:
    cast = data.cast
    yield Viewer("court", courts=("court_鲁0402",), role="court")
    yield Viewer("two courts", courts=("court_鲁0402", "court_鲁04"), role="court")
    yield Viewer(
        "district with its body", regions=("370402",), organisations=(cast["charge3"], cast["source"]), role="dispatch"
    )
    yield Viewer(
        "everything",
        regions=("370403",),
        organisations=(cast["sender"],),
        courts=("court_鲁0481",),
        masks=MASKED,
        role="org_admin",
    )
