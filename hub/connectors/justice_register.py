"""机构人员名册 · Register of bodies and mediators (DOMAIN 8)."""

from hub.connectors.rosters import Roster


class JusticeRegister(Roster):
    record = "justice-register"
    title = "机构人员名册 · Register of bodies and mediators"
