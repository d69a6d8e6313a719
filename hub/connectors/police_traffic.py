"""交通事故 · Traffic accidents (DOMAIN 8)."""

from hub.connectors.matters import Matter


class PoliceTraffic(Matter):
    record = "police-traffic"
    title = "交通事故 · Traffic accidents"
    subject = "道路交通事故纠纷"
