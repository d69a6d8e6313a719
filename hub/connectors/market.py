"""消费投诉 · Consumer complaints (DOMAIN 8)."""

from hub.connectors.matters import Matter


class Market(Matter):
    record = "market"
    title = "消费投诉 · Consumer complaints"
    subject = "消费纠纷"
