"""金融纠纷 · Financial disputes (DOMAIN 8)."""

from hub.connectors.matters import Matter


class Finance(Matter):
    record = "finance"
    title = "金融纠纷 · Financial disputes"
    subject = "金融纠纷"
