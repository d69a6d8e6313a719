"""医疗纠纷 · Medical disputes (DOMAIN 8)."""

from hub.connectors.matters import Matter


class Health(Matter):
    record = "health"
    title = "医疗纠纷 · Medical disputes"
    subject = "医疗纠纷"
