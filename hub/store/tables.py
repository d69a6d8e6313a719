"""The tables, derived from the nouns: stored columns, constraints, indexes and comments."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from hub.schema.declare import Check, Index
from hub.schema.model import LEVELS, CodeColumn, Column, LinkMember, Member, Model, Noun, Sealed
from hub.schema.scalars import Kind
from hub.store.dialects import LOG_OPTIONS, Bytewise, CurrentTransaction, LogPosition, TransactionId

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are named, so that a migration can say which one it means."""

SEARCH_TOKENS = "search_tokens"
"""The column of a searched noun that its search index is made of."""

_LEVEL_DOC = {
    "city": "所属市 · Code of the city it is placed in",
    "district": "所属区（市）· Code of the district it is placed in",
    "town": "所属镇街 · Code of the town it is placed in",
    "zone": "所属管理区 · Code of the management zone it is placed in",
}
_TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    Kind.DATE: sa.Date,
    Kind.BOOL: sa.Boolean,
    Kind.INT: sa.BigInteger,
    Kind.MONEY: sa.BigInteger,
}


def tables(model: Model) -> sa.MetaData:
    """One table per noun, named by its plural; what a declaration cannot give is a TypeError at start."""
    metadata = sa.MetaData(naming_convention=NAMES)
    for noun in model.nouns.values():
        _table(metadata, noun, model)
    return metadata


def stored_columns(member: Member) -> tuple[str, ...]:
    """Names of the columns a member is stored in; none for what is computed, live or another table's."""
    if isinstance(member, LinkMember):
        return (member.column, *(LEVELS if member.levels else ()))
    if isinstance(member, Sealed):
        return (member.name, f"{member.name}_sealed", *((f"{member.name}_hash",) if member.hashed else ()))
    if isinstance(member, Column):
        # What is searched is masked at the door: its original stays beside it for the day a party is added or renamed.
        beside = {"_sound": member.sound, "_sealed": member.search, "_hash": bool(member.hashed)}
        return (member.name, *(f"{member.name}{ending}" for ending, wanted in beside.items() if wanted))
    return (member.name,) if isinstance(member, CodeColumn) else ()


def indexed_columns(member: Member) -> tuple[str, ...]:
    """Those of a member's columns that are looked for or ordered by."""
    if isinstance(member, LinkMember):
        return ((member.column,) if member.index else ()) + (LEVELS if member.levels else ())
    if isinstance(member, (Column, Sealed)):
        own = isinstance(member, Column) and member.index and member.name != "id"
        sound = isinstance(member, Column) and member.index and member.sound
        names = (("", own), ("_sound", sound), ("_hash", bool(member.hashed)))
        return tuple(f"{member.name}{ending}" for ending, wanted in names if wanted)
    return (member.name,) if isinstance(member, CodeColumn) and member.index else ()


def _table(metadata: sa.MetaData, noun: Noun, model: Model) -> None:
    options = LOG_OPTIONS if noun.declared.log else {}
    sa.Table(noun.table, metadata, *_columns(noun, model), *_constraints(noun), comment=noun.doc, **options)


def _columns(noun: Noun, model: Model) -> Iterator[SchemaItem]:
    if noun.declared.log:
        yield from _position()
    for member in noun.members.values():
        if member.name == "version" and noun.searched:
            yield sa.Column(SEARCH_TOKENS, Bytewise, nullable=False, comment="检索词 · Tokens of what can be searched")
        for name in stored_columns(member):
            yield _column(name, member, model)


def _column(name: str, member: Member, model: Model) -> SchemaItem:
    if name in LEVELS and isinstance(member, LinkMember):
        return sa.Column(name, Bytewise, nullable=True, comment=_LEVEL_DOC[name])
    whole = isinstance(member, Column) and name == member.name
    kind = _TYPES.get(member.kind, Bytewise) if isinstance(member, Column) and whole else Bytewise
    return sa.Column(name, kind, *_reference(member, model), nullable=member.nullable, comment=member.doc)


def _reference(member: Member, model: Model) -> list[SchemaItem]:
    if not isinstance(member, LinkMember) or member.is_union:
        return []
    return [sa.ForeignKey(f"{model[member.targets[0]].table}.id")]


def _position() -> Iterator[SchemaItem]:
    """Where an event stands in the log: the base's epoch, the transaction that wrote it, its number."""
    number: sa.FetchedValue = sa.Identity(always=True)
    yield sa.Column("seq", LogPosition, number, primary_key=True, comment="序号 · Number in the log")
    yield sa.Column("epoch", sa.Integer, nullable=False, comment="纪元 · Epoch of the base")
    doc = "事务号 · Transaction that wrote it"
    yield sa.Column("xid", TransactionId, server_default=CurrentTransaction(), nullable=False, comment=doc)


def _constraints(noun: Noun) -> Iterator[SchemaItem]:
    if noun.declared.log:
        yield sa.UniqueConstraint("id")
        yield sa.Index(None, "epoch", "xid", "seq")
    else:
        yield sa.PrimaryKeyConstraint("id")
    for member in noun.members.values():
        if isinstance(member, Column) and member.unique:
            yield sa.UniqueConstraint(member.name)
    for each in _indexes(noun):
        part: dict[str, Any] = {f"{name}_where": sa.text(each.where) for name in ("postgresql", "sqlite") if each.where}
        yield sa.Index(None, *each.columns, unique=each.unique, **part)
    for rule in noun.declared.table:
        if isinstance(rule, Check):
            yield sa.CheckConstraint(rule.condition, name=rule.name)


def _indexes(noun: Noun) -> list[Index]:
    """Every index once: of each looked-for column with the id, and those declared."""
    names = [name for member in noun.members.values() for name in indexed_columns(member)]
    found = {(name, "id"): Index((name, "id")) for name in names}
    declared = {rule.columns: rule for rule in noun.declared.table if isinstance(rule, Index)}
    return list((found | declared).values())
