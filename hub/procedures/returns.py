"""Returns: what goes back to who sent a matter: materials, undisputed facts, its result there (DOMAIN 4.12)."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from hub.access.viewers import REFERRALS
from hub.errors import BadDigest
from hub.procedures.acting import act, must_stand
from hub.procedures.deeds import Deed, Row, verb
from hub.rules.actions import ReferralAction
from hub.rules.standing import Standing
from hub.schema.materials import Material, MaterialKind
from hub.schema.referrals import Referral, SourceResult
from hub.schema.verbs import Most, Text

_CONTENT = Text(10_000, blank=False)
_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class NewMaterial:
    """材料 · A material to be sent back"""

    kind: Annotated[MaterialKind, "材料类别 · Kind"]
    content: Annotated[str | None, _CONTENT, "内容 · Content"] = None
    sha256: Annotated[str | None, Text(64, blank=False), "文件摘要 · SHA-256 of the file, 64 hex digits"] = None
    confirmed_on: Annotated[dt.date | None, "当事人确认日期 · Confirmed by the parties on"] = None


@verb(
    "登记移送材料 · List materials that go back (Online Mediation Rules arts. 17, 22)",
    changes=Referral,
    gives=(Referral, Material),
    permission=REFERRALS,
)
async def list_materials(
    deed: Deed,
    referral: Row,
    *,
    materials: Annotated[tuple[NewMaterial, ...], Most(50), "材料 · Materials"],
) -> None:
    """While the matter is with the receiver or has just ended."""
    await must_stand(deed, referral, Standing.RECEIVER, what="登记材料 · Listing materials")
    for material in materials:
        _list(deed, referral, material)


@verb(
    "记载无争议事实 · Record undisputed facts, confirmed by the parties (Online Mediation Rules art. 22)",
    changes=Referral,
    gives=(Referral, Material),
    permission=REFERRALS,
)
async def record_undisputed_facts(
    deed: Deed,
    referral: Row,
    *,
    content: Annotated[str, _CONTENT, "无争议事实 · The facts"],
    confirmed_on: Annotated[dt.date, "当事人确认日期 · Confirmed by the parties on"],
) -> None:
    """They go back with the materials; concessions do not (art. 18)."""
    await must_stand(deed, referral, Standing.RECEIVER, what="记载无争议事实 · Recording undisputed facts")
    _list(deed, referral, NewMaterial(MaterialKind.UNDISPUTED_FACTS, content, None, confirmed_on))
    deed.change(referral, undisputed_facts=True)


@verb(
    "移送材料 · Send the materials back (2016 Provisions art. 19)",
    changes=Referral,
    gives=(Referral,),
    permission=REFERRALS,
    does=(ReferralAction.SEND_MATERIALS,),
)
async def send_materials(deed: Deed, referral: Row) -> None:
    """All that are listed and have not gone yet."""
    await act(deed, referral, ReferralAction.SEND_MATERIALS)
    for material in await deed.rows(Material, referral=referral.id, sent_on=None):
        deed.change(material, event=None, sent_on=deed.today)


@verb(
    "签收材料 · Acknowledge the materials (2016 Provisions art. 19)",
    changes=Referral,
    gives=(Referral,),
    permission=REFERRALS,
    does=(ReferralAction.ACKNOWLEDGE,),
)
async def acknowledge_materials(deed: Deed, referral: Row) -> None:
    """By who sent the matter."""
    await act(deed, referral, ReferralAction.ACKNOWLEDGE)
    for material in await deed.rows(Material, referral=referral.id, acknowledged_on=None):
        if material["sent_on"] is not None:
            deed.change(material, event=None, acknowledged_on=deed.today)


@verb(
    "来源办结 · Close a referral at its source: filed, refused, trial resumed or settled (CPL art. 126)",
    changes=Referral,
    gives=(Referral,),
    permission=REFERRALS,
    does=(ReferralAction.CLOSE_SOURCE,),
)
async def close_source(
    deed: Deed,
    referral: Row,
    *,
    result: Annotated[SourceResult, "办理结果 · What became of it"],
) -> None:
    """Nothing is left to do then."""
    await act(deed, referral, ReferralAction.CLOSE_SOURCE, reason=result.name, source_result=result)


def _list(deed: Deed, referral: Row, material: NewMaterial) -> None:
    digest = material.sha256
    if digest is not None and (len(digest) != 64 or not _DIGITS.issuperset(digest)):
        raise BadDigest
    deed.insert(
        Material,
        referral=referral.id,
        kind=material.kind,
        content=material.content,
        sha256=digest,
        confirmed_on=material.confirmed_on,
        listed_on=deed.today,
        listed_by=deed.actor,
    )
