"""Risk colours: what kind of danger a dispute or a finding is, which is another thing than how late it is (DOMAIN 2.6)."""

import enum


class RiskColour(enum.Enum):
    """风险颜色 · Colour of a risk, by its nature; no level of time (DOMAIN 2.6)"""

    RED = "红色 · Red: may escalate at once"
    ORANGE = "橙色 · Orange: serious"
    YELLOW = "黄色 · Yellow: to be kept an eye on"
    BLUE = "蓝色 · Blue: ordinary"
