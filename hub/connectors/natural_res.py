"""自然资源争议 · Disputes over land and forest (DOMAIN 8)."""

from hub.connectors.matters import Matter


class NaturalResources(Matter):
    record = "natural-res"
    title = "自然资源争议 · Disputes over land and forest"
    subject = "土地纠纷"
