"""商会调解 · Mediation by chambers of commerce (DOMAIN 8)."""

from hub.connectors.matters import Matter


class Chamber(Matter):
    record = "chamber"
    title = "商会调解 · Mediation by chambers of commerce"
    subject = "商事纠纷"
