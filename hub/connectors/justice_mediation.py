"""人民调解卷宗 · Files of people's mediation (DOMAIN 8)."""

from hub.connectors.matters import Matter


class JusticeMediation(Matter):
    record = "justice-mediation"
    title = "人民调解卷宗 · Files of people's mediation"
