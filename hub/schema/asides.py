"""Asides: roots that no statement over the viewer's own rows answers; each asks its own question of one row."""

from dataclasses import dataclass

import strawberry

from hub.schema.shells import Made


@dataclass(frozen=True, slots=True)
class Aside:
    """A root that gives records about one row: its name, what it is asked with, the records' declaration."""

    name: str
    doc: str
    subject: str
    subject_doc: str
    record: type

    @property
    def argument(self) -> Made:
        """The id of the row it is asked of."""
        return Made(self.subject, strawberry.ID, self.subject_doc)
