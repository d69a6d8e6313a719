"""Who sees which row, and what is masked: written by hand from the permissions table, noun by noun.

The declarations' scope words are not read: an error in one must show as a difference. In this municipality:
the justice bureau's posts see what lies in their region (city, district, town or management zone); an organisation sees the
cases it is in charge of, those its source records are about, and those with a referral it sent, received, leads or is a
member of; a court sees the cases and referrals referred by or to it; the registers are public; parties, modes, source
records, events, openings, agreements and what other bodies add follow their case, and so do deadlines, notices, choices and
consents, judgements, materials and changes of mediators; a court sees the confirmations it was asked
for; a deadline of no case and a supervision alert are seen by the posts of their region and by the organisation that must
keep them; a batch and its quarantine are seen by the agency that sent it and by the posts of the region it is about; a candidate and
a merge are seen by whoever sees one of their two cases; a consumer of the log, and what it was given and acknowledged, by the
organisation or court that owns it; a campaign by who organises it and whoever has a task in it, a task and a finding by the
body and by who gave it the task, a warning by who is warned, a meeting by who holds it and who is asked to it, a report by who
makes it and who is sent it, and each of them by the posts of its region.
"""

from collections.abc import Callable
from typing import Any

from hub.rules import masking

from .rows import Data, Row
from .viewers import Viewer


class Sight:
    """What one viewer sees of one municipality."""

    def __init__(self, data: Data, viewer: Viewer) -> None:
        self.data = data
        self.viewer = viewer
        self._seen: dict[str, bool] = {}

    def sees(self, noun: str, row: Row) -> bool:
        """Whether the row exists for the viewer."""
        id_ = row["id"]
        if id_ not in self._seen:
            self._seen[id_] = _RULES[noun](self, row)
        return self._seen[id_]

    def find(self, noun: str, id_: str | None) -> Row | None:
        """The row of that id if it exists for the viewer."""
        row = self.data[noun].get(id_) if id_ else None
        return row if row is not None and self.sees(noun, row) else None

    def rows(self, noun: str) -> list[Row]:
        """All rows of a noun that exist for the viewer."""
        return [row for row in self.data[noun].values() if self.sees(noun, row)]

    def linked(self, noun: str, by: str, target: str) -> list[Row]:
        """Rows of a noun that link to the target and exist for the viewer."""
        return [row for row in self.data.linked(noun, by, target) if self.sees(noun, row)]

    def shows(self, noun: str, row: Row, member: str) -> Any:
        """The value of a member as this viewer is shown it: masked where the permissions table says so."""
        value = row[member]
        mask = _MASKS.get((noun, member))
        return mask(self, row, value) if mask and value is not None else value

    def case_of(self, row: Row) -> bool:
        """Whether the case the row belongs to exists for the viewer; a row of no case has none."""
        return self.find("Case", row["case"]) is not None

    def places(self, row: Row) -> set[str | None]:
        """Codes of all regions that hold the row: its city, district, town and management zone."""
        region = self.data["Region"][row["region"]]
        return {region["city"], region["district"], region["town"], region["zone"]}


def may_match(viewer: Viewer, members: set[str]) -> bool:
    """Guessing at sealed values opens them: the public may not, and who is shown names masked may not guess names."""
    if not members:
        return True
    return viewer.name != "public" and not ("name" in viewer.masks and "Party.name" in members)


def _everybody(_sight: Sight, _row: Row) -> bool:
    return True


def _case(sight: Sight, row: Row) -> bool:
    viewer = sight.viewer
    if sight.places(row) & set(viewer.regions) or row["organisation"] in viewer.organisations:
        return True
    if any(record["organisation"] in viewer.organisations for record in sight.data.linked("SourceRecord", "case", row["id"])):
        return True
    return any(_takes_part(sight, referral) for referral in sight.data.linked("Referral", "case", row["id"]))


def _takes_part(sight: Sight, referral: Row) -> bool:
    mine = sight.viewer.organisations
    members = sight.data.linked("ReferralMember", "referral", referral["id"])
    return (
        referral["court"] in sight.viewer.courts
        or referral["sender"] in mine
        or referral["receiver"] in mine
        or referral["lead"] in mine
        or any(member["organisation"] in mine for member in members)
    )


def _of_its_case(sight: Sight, row: Row) -> bool:
    return sight.case_of(row)


def _referral(sight: Sight, row: Row) -> bool:
    return sight.case_of(row) or _takes_part(sight, row)


def _member(sight: Sight, row: Row) -> bool:
    referral = sight.data["Referral"][row["referral"]]
    return sight.case_of(referral) or row["organisation"] in sight.viewer.organisations


def _of_its_referral(sight: Sight, row: Row) -> bool:
    return sight.case_of(sight.data["Referral"][row["referral"]])


def _source(sight: Sight, row: Row) -> bool:
    return sight.case_of(row) or row["organisation"] in sight.viewer.organisations


def _confirmation(sight: Sight, row: Row) -> bool:
    return sight.case_of(row) or row["court"] in sight.viewer.courts


def _due(sight: Sight, row: Row) -> bool:
    return sight.case_of(row) or _placed(sight, row) or row["organisation"] in sight.viewer.organisations


def _delivery(sight: Sight, row: Row) -> bool:
    return bool(sight.places(row) & set(sight.viewer.regions)) or row["organisation"] in sight.viewer.organisations


def _placed(sight: Sight, row: Row) -> bool:
    return row["region"] is not None and bool(sight.places(row) & set(sight.viewer.regions))


def _owned(sight: Sight, row: Row) -> bool:
    return row["owner"] in sight.viewer.organisations or row["owner"] in sight.viewer.courts


def _outgoing(sight: Sight, row: Row) -> bool:
    return _placed(sight, row) or _owned(sight, row)


def _of_bodies(*names: str) -> Callable[[Sight, Row], bool]:
    """Seen by the posts of its region, and by the organisations that it names so."""
    return lambda sight, row: _placed(sight, row) or any(row[name] in sight.viewer.organisations for name in names)


def _shared(noun: str, by: str) -> Callable[[Sight, Row], bool]:
    """As `_of_bodies("organisation")`, and seen by the organisation of every row of the noun that links to it."""

    def sees(sight: Sight, row: Row) -> bool:
        others = sight.data.linked(noun, by, row["id"])
        mine = sight.viewer.organisations
        return _of_bodies("organisation")(sight, row) or any(other["organisation"] in mine for other in others)

    return sees


def _either(one: str, other: str) -> Callable[[Sight, Row], bool]:
    return lambda sight, row: any(sight.find("Case", row[name]) is not None for name in (one, other))


_RULES: dict[str, Callable[[Sight, Row], bool]] = {
    "Region": _everybody,
    "Organisation": _everybody,
    "Court": _everybody,
    "Mediator": _everybody,
    "Code": _everybody,
    "Invitation": _everybody,
    "Case": _case,
    "CaseMode": _of_its_case,
    "Party": _of_its_case,
    "Referral": _referral,
    "ReferralMember": _member,
    "Deadline": _due,
    "ModeChoice": _of_its_case,
    "Consent": _of_its_referral,
    "Suitability": _of_its_case,
    "SupplementNotice": _of_its_case,
    "FailureNotice": _of_its_case,
    "Material": _of_its_referral,
    "MediatorChange": _of_its_referral,
    "SourceRecord": _source,
    "Agreement": _of_its_case,
    "Confirmation": _confirmation,
    "Notarisation": _of_its_case,
    "Appraisal": _of_its_case,
    "Batch": _delivery,
    "QuarantinedRow": _delivery,
    "SupervisionAlert": _due,
    "SupervisionBulletin": _placed,
    "BulletinEntry": _placed,
    "Job": _placed,
    "JobRun": _placed,
    "Candidate": _either("case", "other"),
    "Merge": _either("survivor", "merged"),
    "Event": _of_its_case,
    "Opening": _of_its_case,
    "Consumer": _owned,
    "Delivery": _owned,
    "Acknowledgement": _owned,
    "Outlet": _outgoing,
    "Letter": _outgoing,
    "Parcel": _outgoing,
    "Campaign": _shared("Task", "campaign"),
    "Task": _of_bodies("organisation", "organiser"),
    "Finding": _of_bodies("organisation", "organiser"),
    "RiskWarning": _of_bodies("organisation"),
    "Meeting": _shared("Attendance", "meeting"),
    "Attendance": _of_bodies("organisation", "host"),
    "Snapshot": _of_bodies("organisation"),
    "SnapshotFigure": _of_bodies("organisation"),
    "FigurePage": _of_bodies("organisation"),
    "Report": _shared("Recipient", "report"),
    "Recipient": _of_bodies("organisation", "sender"),
}


def _told(sight: Sight, row: Row, value: str) -> str:
    names = [party["name"] for party in sight.data.linked("Party", "case", row["id"])]
    return masking.mask_text(value, names)


def _noted(sight: Sight, row: Row, value: str) -> str:
    names = [party["name"] for party in sight.data.linked("Party", "case", row["case"])]
    return masking.mask_text(value, names)


def _named(sight: Sight, _row: Row, value: str) -> str:
    return masking.mask_name(value) if "name" in sight.viewer.masks else value


def _plain(_sight: Sight, _row: Row, value: str) -> str:
    """Of no case, so that no names are known."""
    return masking.mask_text(value, ())


def _unless_small(sight: Sight, row: Row, value: Any) -> Any:
    """Views for the public and for leaders are shown no figure of few, and nothing that it lists."""
    if "small" not in sight.viewer.masks or not row["small"]:
        return value
    return [] if isinstance(value, (list, tuple)) else None


_MASKS: dict[tuple[str, str], Callable[[Sight, Row, Any], Any]] = {
    ("Case", "title"): _told,
    **{("SnapshotFigure", name): _unless_small for name in ("count", "of", "amount", "days", "before", "value")},
    **{("FigurePage", name): _unless_small for name in ("cases", "referrals")},
    ("Case", "narrative"): _told,
    ("Referral", "note"): _noted,
    ("Party", "name"): _named,
    ("Party", "identity"): lambda _sight, _row, value: masking.mask_identity(value),
    ("Party", "phone"): lambda _sight, _row, value: masking.mask_phone(value),
    ("Party", "address"): lambda _sight, _row, value: masking.mask_address(value),
    ("Organisation", "head"): lambda _sight, _row, value: masking.mask_name(value),
    ("Mediator", "identity"): lambda _sight, _row, value: masking.mask_identity(value),
    ("Mediator", "phone"): lambda _sight, _row, value: masking.mask_phone(value),
    ("ModeChoice", "explanation"): lambda _sight, _row, _value: None,
    ("SupplementNotice", "items"): lambda _sight, _row, _value: None,
    ("SupplementNotice", "override_reason"): lambda _sight, _row, _value: None,
    ("FailureNotice", "advice"): lambda _sight, _row, _value: None,
    ("Material", "content"): lambda _sight, _row, _value: None,
    ("MediatorChange", "reason"): lambda _sight, _row, _value: None,
    ("SupervisionAlert", "explanation"): _noted,
    ("SupervisionAlert", "note"): _noted,
    ("SourceRecord", "content"): lambda _sight, _row, _value: None,
    ("SourceRecord", "reading"): lambda _sight, _row, _value: None,
    ("QuarantinedRow", "content"): lambda _sight, _row, _value: None,
    ("Appraisal", "opinion"): _noted,
    ("Campaign", "summary"): _plain,
    ("Task", "result"): lambda _sight, _row, _value: None,
    ("Finding", "title"): _plain,
    **{("Finding", name): lambda _sight, _row, _value: None for name in ("description", "measures", "reason")},
    ("Meeting", "minutes"): lambda _sight, _row, _value: None,
    ("Report", "text"): _plain,
}
