"""司法鉴定 · Forensic appraisal (DOMAIN 8)."""

from hub.connectors.attachments import Attachment


class Appraisal(Attachment):
    record = "appraisal"
    title = "司法鉴定 · Forensic appraisal"
    kind = "appraisal"
