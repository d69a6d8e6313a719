"""Asides: roots that no statement over the viewer's own rows answers; each asks its own question of one row."""

from dataclasses import dataclass

import strawberry

from hub.schema.shells import Made


@dataclass(frozen=True, slots=True)
class Aside:
    """A root that gives records about one row: its name, what it is asked with, the records' declaration.

    `further` is what it is asked with beside the row.
    """

    name: str
    doc: str
    subject: str
    subject_doc: str
    record: type
    further: tuple[Made, ...] = ()

    @property
    def arguments(self) -> tuple[Made, ...]:
        """The id of the row it is asked of, and what else."""
        return Made(self.subject, strawberry.ID, self.subject_doc), *self.further
