"""信访件 · Petitions (DOMAIN 8)."""

from hub.connectors.matters import Matter


class Petition(Matter):
    record = "petition"
    title = "信访件 · Petitions"
    subject = "信访事项矛盾纠纷"
