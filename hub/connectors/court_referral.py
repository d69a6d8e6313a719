"""法院委派、委托 · Matters that courts delegate or entrust (DOMAIN 8)."""

from collections.abc import Mapping
from dataclasses import replace

from hub.connectors.base import Context
from hub.connectors.matters import Matter
from hub.connectors.records import ReferralRow
from hub.rules.values import text
from hub.schema.referrals import ReferralType


class CourtReferral(Matter):
    record = "court-referral"
    title = "法院委派、委托 · Matters that courts delegate or entrust"
    subject = "民事纠纷"

    def referral(self, raw: Mapping[str, str], context: Context) -> ReferralRow | None:
        """Courts delegate before filing and entrust after it; the row says which."""
        found = super().referral(raw, context)
        entrusted = (text(context.cell(raw, "referral_type")) or "").endswith("委托")
        return replace(found, type=ReferralType.ENTRUST) if found and entrusted else found
