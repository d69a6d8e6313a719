"""公证 · Notarisation (DOMAIN 8)."""

from hub.connectors.attachments import Attachment


class Notary(Attachment):
    record = "notary"
    title = "公证 · Notarisation"
    kind = "notarisation"
