"""Revocations: tokens that open nothing any more, in every process, although their time is not over (DESIGN section 7)."""

import datetime as dt
import enum

from hub.schema.declare import Entity, Field, internal


class RevocationReason(enum.Enum):
    """撤销原因 · Why a token was revoked"""

    LOST = "遗失 · It was lost, or somebody else may know it"
    LEFT = "离岗 · Its holder has left the post"
    MISUSED = "滥用 · It was misused"
    REPLACED = "更换 · Another one took its place"


class Revocation(
    Entity,
    prefix="revo",
    doc="令牌撤销 · A token that was revoked: it opens nothing any more",
    roots=(),
):
    jti: Field[str] = internal("令牌编号 · The token's id, its claim jti", unique=True)
    reason: Field[RevocationReason] = internal("原因 · Why")
    viewer: Field[str] = internal("撤销者 · The viewer that revoked it (policy name)")
    principal: Field[str] = internal("主体 · The subject of that viewer's token")
    revoked_at: Field[dt.datetime] = internal("撤销时间 · Revoked at")
    until: Field[dt.datetime] = internal("最晚到期 · When any token of this id has expired by itself", index=True)
