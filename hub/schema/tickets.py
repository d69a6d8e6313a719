"""Tickets: an operation that waits to be opened by a browser that cannot send headers, at whichever process."""

import datetime as dt

from hub.schema.declare import Entity, Field, index, internal


class Ticket(
    Entity,
    prefix="tick",
    doc="流票据 · A ticket: one operation of one principal, to be streamed once",
    roots=(),
    table=(index("until", "principal"),),
):
    mark: Field[str] = internal("标记 · Keyed hash of the ticket's text", unique=True)
    principal: Field[str] = internal("主体 · Keyed hash of whom it was given to")
    content: Field[str] = internal("内容 · What it opens, encrypted; empty once it was opened")
    until: Field[dt.datetime] = internal("有效至 · Until when it can be opened")
