"""Receipts: which deed an idempotency key stands for, and what it came to; ids, codes and keyed hashes only."""

import datetime as dt

from hub.schema.declare import Entity, Field, index, internal


class Receipt(
    Entity,
    prefix="rcpt",
    doc="办理回执 · A receipt: what a deed came to, for repeats of its request",
    roots=(),
    table=(index("principal", "key", unique=True),),
):
    principal: Field[str] = internal("主体 · Keyed hash of the viewer and the token's subject")
    key: Field[str] = internal("幂等键 · Keyed hash of the client's key")
    verb: Field[str] = internal("动作 · The verb")
    payload: Field[str] = internal("内容哈希 · Keyed hash of what it was given")
    outcome: Field[str] = internal("结果 · Ids and versions of the rows it gave, as JSON")
    done_at: Field[dt.datetime] = internal("办理时间 · Done at", index=True)
