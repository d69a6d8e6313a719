"""Attachments: records that hang on a case found by its reference (`kind = "attachment"`)."""

from collections.abc import Mapping
from typing import ClassVar

from hub.connectors.base import Connector, Context
from hub.connectors.parties import sides
from hub.connectors.records import AttachmentKind, AttachmentRow
from hub.rules.values import day, mark, money, text


class Attachment(Connector):
    """A record about what a body added to a case."""

    kind: ClassVar[AttachmentKind]

    def content(self, raw: Mapping[str, str], context: Context) -> AttachmentRow:
        """What the body added. Parties are checked as everywhere, though the case has them already."""
        exchange = context.exchange
        for role in ("A", "B", "AB"):
            sides(context.cell(raw, role))
        return AttachmentRow(
            kind=self.kind,
            reference=mark(context.cell(raw, "ref")),
            dates={
                name: day(raw.get(column), today=context.today, years=context.years)
                for name, column in exchange.dates.items()
            },
            values={name: text(raw.get(column)) for name, column in exchange.values.items()},
            amount=money(context.cell(raw, "amount"), exchange.amount_unit),
        )
