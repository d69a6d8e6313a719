"""12345 热线工单 · Orders of the hotline 12345 (DOMAIN 8)."""

from hub.connectors.matters import Matter


class Hotline12345(Matter):
    record = "hotline-12345"
    title = "12345 热线工单 · Orders of the hotline 12345"
    subject = "热线诉求纠纷"
