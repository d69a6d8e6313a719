"""Exchange agreements: config/agreements/<record>.toml, what each agency has agreed to send and how (R63)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.errors import BadConfiguration
from hub.settings import fit, read, suggestion

KINDS = ("case", "attachment", "register")
FORMATS = ("csv", "xlsx", "xml", "json", "soap")
IDENTITIES = ("resident", "credit", "any")
FILE_KEYS = ("file.place", "file.half_year")
"""Parts of a source key that the file's name says: the town's code, and the half-year of its date (`2026H1`)."""

_CASES = ("id", "type", "date", "A", "B", "AB", "Atype", "Aid", "Bid", "amount", "phone", "upd", "state", "region")
_REFERENCES = ("agreement", "ref", "body", "text", "cause", "court", "court_number", "referral_type", "receiver", "due")
_REGISTERS = ("organisation", "organisation_kind", "head", "employment", "expertise", "term_to", "status")
ROLES = frozenset((*_CASES, *_REFERENCES, *_REGISTERS))
"""What a column can be to the hub. `state` marks void rows, `status` is a mediator's, `body` names who handles it."""

PERSONAL = frozenset({"A", "B", "AB", "Aid", "Bid", "phone", "head"})
"""Roles of columns that hold personal data: in a row's key it is kept as a keyed hash only."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One agreement: `fields` says which heading has which role, `required` which headings and values must be there.

    `source_key` is the headings (and FILE_KEYS) that together name a row; `identities` what the identifiers of sides
    A and B are where a heading leaves no choice; `type_map` and `kind_map` lead from the agency's words to codes;
    `dates` and `values` lead from an attachment's names to headings. `in_force` is false unless the file says so.
    """

    record: str
    kind: str
    organisation: str
    format: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    source_key: tuple[str, ...]
    default_region: str
    fields: Mapping[str, str]
    parties: str = ""
    encoding: str | None = None
    header_row: int | None = None
    update_column: str | None = None
    amount_unit: str | None = None
    channel: str | None = None
    opens_referral: str | None = None
    attachment: str | None = None
    in_force: bool = False
    identities: Mapping[str, str] = field(default_factory=dict)
    type_map: Mapping[str, str] = field(default_factory=dict)
    kind_map: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known("kind", (self.kind,), KINDS)
        self._known("format", self.formats, FORMATS)
        self._known("identities", self.identities.values(), IDENTITIES)
        self._known("fields", self.fields, ROLES)
        named = (*self.required, *self.fields.values(), *self.dates.values(), *self.values.values())
        self._known("columns", named, self.columns)
        self._known("source_key", self.source_key, (*self.columns, *FILE_KEYS))

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats it may come in: `xml+json` is two."""
        return tuple(self.format.split("+"))

    @property
    def mandatory(self) -> tuple[str, ...]:
        """The headings without which a file is refused: those of mandatory values and those of the key."""
        return tuple(dict.fromkeys((*self.required, *(part for part in self.source_key if part not in FILE_KEYS))))

    @property
    def personal(self) -> frozenset[str]:
        """The headings under which personal data stands."""
        return frozenset(column for role, column in self.fields.items() if role in PERSONAL)

    def _known(self, what: str, names: Iterable[str], known: Iterable[str]) -> None:
        known = tuple(known)
        for name in names:
            if name not in known:
                where = f"agreements/{self.record}.toml: {what}"
                raise BadConfiguration(reason=f"{where}: {name} is not known{suggestion(name, known)}")


def read_agreements(directory: Path) -> dict[str, Exchange]:
    """The agreements of a configuration folder by record, sorted; none where there is no folder for them.

    Raises BadConfiguration (HUB-701) for unknown keys, wrong types and headings that no column has.
    """
    names = sorted(path.stem for path in (directory / "agreements").glob("*.toml"))
    return {name: _agreement(directory / "agreements", name) for name in names}


def _agreement(folder: Path, name: str) -> Exchange:
    values = read(folder, name)
    if "record" in values:
        raise BadConfiguration(reason=f"agreements/{name}.toml: the file's name says the record, not a key")
    return fit(Exchange, {**values, "record": name}, f"agreements/{name}.toml")
