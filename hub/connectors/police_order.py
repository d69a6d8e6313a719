"""治安调解与非警务警情 · Police calls without police matter (DOMAIN 8)."""

from hub.connectors.matters import Matter


class PoliceOrder(Matter):
    record = "police-order"
    title = "治安调解与非警务警情 · Police calls without police matter"
    subject = "治安纠纷"
