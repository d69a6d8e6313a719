"""镇街排查台账 · Ledgers of the towns' investigations (DOMAIN 8)."""

from hub.connectors.matters import Matter


class TownLedger(Matter):
    record = "town-ledger"
    title = "镇街排查台账 · Ledgers of the towns' investigations"
