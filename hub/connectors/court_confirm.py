"""司法确认与执行 · Judicial confirmation and enforcement (DOMAIN 8)."""

from hub.connectors.attachments import Attachment


class CourtConfirm(Attachment):
    record = "court-confirm"
    title = "司法确认与执行 · Judicial confirmation and enforcement"
    kind = "confirmation"
