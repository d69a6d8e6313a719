"""The four questions as somebody would write them by hand: one statement each, text put together in the database."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hub.access.viewers import Viewer

ENDED = "'NOT_ACCEPTED', 'MERGED', 'PERFORMED', 'CLOSED_FAILED', 'CLOSED', 'TRANSFERRED'"


class Hand(Protocol):
    """What the two databases spell differently."""

    def text(self, column: str) -> str: ...
    def yuan(self, column: str) -> str:
        sign, fen = f"iif({column} < 0, '-', '')", f"abs({column})"
        return f"'\"' || printf('%s%d.%02d', {sign}, {fen} / 100, {fen} % 100) || '\"'"

    def flag(self, column: str) -> str: ...
    def joined(self, column: str, order: str) -> str: ...
    def hex(self, text: str) -> str: ...
    def whole(self, text: str) -> str: ...
    def among(self, column: str, bind: str) -> str: ...


class SqliteHand:
    def text(self, column: str) -> str:
        return f"json_quote({column})"

    def yuan(self, column: str) -> str:
        return (
            f"'\"' || printf('%s%d.%02d', iif({column} < 0, '-', ''), abs({column}) / 100, abs({column}) % 100) || '\"'"
        )

    def flag(self, column: str) -> str:
        return f"iif({column}, 'true', 'false')"

    def joined(self, column: str, order: str) -> str:
        del order  # rows come in order from below
        return f"coalesce(group_concat({column}), '')"

    def hex(self, text: str) -> str:
        return f"lower(hex({text}))"

    def whole(self, text: str) -> str:
        return f"CAST({text} AS BLOB)"

    def among(self, column: str, bind: str) -> str:
        # The plus keeps the index of the order in use.
        return f"+{column} IN (SELECT value FROM json_each({bind}))"


class PostgresHand:
    def text(self, column: str) -> str:
        return f"to_json({column})::text"

    def yuan(self, column: str) -> str:
        whole = f"(abs({column}) / 100)::text || '.' || lpad((abs({column}) % 100)::text, 2, '0')"
        return f"'\"' || CASE WHEN {column} < 0 THEN '-' ELSE '' END || {whole} || '\"'"

    def flag(self, column: str) -> str:
        return f"CASE WHEN {column} THEN 'true' ELSE 'false' END"

    def joined(self, column: str, order: str) -> str:
        return f"coalesce(string_agg({column}, ',' ORDER BY {order}), '')"

    def hex(self, text: str) -> str:
        return f"encode(convert_to({text}, 'UTF8'), 'hex')"

    def whole(self, text: str) -> str:
        return f"convert_to({text}, 'UTF8')"

    def among(self, column: str, bind: str) -> str:
        return f"{column} = ANY({bind}::text[])"


HANDS: Mapping[str, Hand] = {"sqlite": SqliteHand(), "postgresql": PostgresHand()}


@dataclass(frozen=True, slots=True)
class Written:
    """A statement and how its values are found: the scope's district, then what the variables say."""

    sql: str
    values: Callable[[str, Mapping[str, Any]], Sequence[Any]]
    small: bool = False
    steady: bool = True


def statements(database: str, viewer: Viewer) -> dict[str, Written]:
    """All four for a viewer of one district, with its masks."""
    if len(viewer.scope.district) != 1 or viewer.scope.organisations or viewer.scope.courts:
        raise NotImplementedError("the ceiling was written for a viewer of one district")
    texts = Texts(HANDS[database], sign="?" if database == "sqlite" else "$", masked="name" in viewer.masks)
    return {
        "one": Written(texts.one(), lambda district, given: (given["number"], district), small=True),
        "nested": Written(texts.nested(), lambda district, given: (district, given["states"])),
        "flat": Written(texts.flat(), lambda district, _: (district,)),
        "statistics": Written(texts.statistics(), lambda district, _: (district,), steady=False),
    }


class Texts:
    """The statements of one database. `n` are nullable values, `q` texts that need no escapes."""

    def __init__(self, hand: Hand, *, sign: str, masked: bool) -> None:
        self.hand = hand
        self.sign = sign
        self.name = "substr(p.name, 1, 1) || '*'" if masked else "p.name"

    def n(self, text: str) -> str:
        return f"coalesce({text}, 'null')"

    def q(self, column: str) -> str:
        return f"'\"' || {column} || '\"'"

    def amount(self) -> str:
        # What would show null as something shows null instead.
        return self.n(f"CASE WHEN c.amount IS NOT NULL THEN {self.hand.yuan('c.amount')} END")

    def code(self, alias: str) -> str:
        return f"CASE WHEN {alias}.id IS NULL THEN 'null' ELSE {self.known(alias)} END"

    def known(self, alias: str) -> str:
        return self.shown(("code", self.hand.text(f"{alias}.code")), ("zh", self.hand.text(f"{alias}.zh")))

    def named(self, alias: str) -> str:
        shown = self.shown(("id", self.q(f"{alias}.id")), ("name", self.hand.text(f"{alias}.name")))
        return f"CASE WHEN {alias}.id IS NULL THEN 'null' ELSE {shown} END"

    def shown(self, *parts: tuple[str, str]) -> str:
        inner = " || ',".join(f'"{key}":\' || {value}' for key, value in parts)
        return f"'{{{inner} || '}}'"

    def nodes(self, table: str, alias: str, limit: int, shown: str, joins: str = "") -> str:
        """A page of rows that belong to the case `c`, in the order of their ids."""
        used = ", ".join(sorted({f"t.{name}" for name in re.findall(rf"\b{alias}\.(\w+)", shown + joins)} | {"t.id"}))
        page = f"SELECT {used} FROM {table} t WHERE t.case_id = c.id ORDER BY t.id LIMIT {limit}"
        rows = f"SELECT {alias}.id, {shown} AS j FROM ({page}) {alias} {joins} ORDER BY {alias}.id"
        return f"'{{\"nodes\":[' || (SELECT {self.hand.joined('r.j', 'r.id')} FROM ({rows}) r) || ']}}'"

    def one(self) -> str:
        h, n, q = self.hand, self.n, self.q
        court = self.shown(("code", h.text("k.code")), ("name", h.text("k.name")))
        shown = self.shown(
            ("id", q("c.id")), ("number", h.text("c.number")), ("title", h.text("c.title")),
            ("narrative", n(h.text("c.narrative"))), ("state", q("c.state")), ("handling", q("c.handling")),
            ("domain", q("c.domain")), ("cause", n(h.text("c.cause"))), ("amount", self.amount()),
            ("online", h.flag("c.online")), ("open", h.flag(f"c.state NOT IN ({ENDED})")),
            ("registeredAt", q("c.registered_at")), ("acceptedOn", n(q("c.accepted_on"))), ("dueOn", n(q("c.due_on"))),
            ("concludedOn", n(q("c.concluded_on"))), ("resolvedLevel", n(q("c.resolved_level"))),
            ("leaked", h.flag("c.leaked")), ("version", "c.version"), ("disputeType", self.code("ct")),
            ("channel", self.code("cc")), ("severity", self.code("cs")), ("outcome", self.code("co")),
            ("region", self.shown(("id", q("g.id")), ("code", h.text("g.code")), ("name", h.text("g.name")),
                                  ("level", q("g.level")))),
            ("organisation", self.shown(("id", q("o.id")), ("name", h.text("o.name")), ("level", q("o.level")),
                                        ("phone", n(h.text("o.phone"))))),
            ("mediator", f"CASE WHEN m.id IS NULL THEN 'null' ELSE "
             f"{self.shown(('id', q('m.id')), ('name', h.text('m.name')), ('employment', q('m.employment')))} END"),
            ("parties", self.nodes("parties", "p", 50, self.shown(
                ("id", q("p.id")), ("role", q("p.role")), ("kind", q("p.kind")), ("name", h.text(self.name)),
                ("identity", n(h.text("p.identity"))), ("phone", n(h.text("p.phone"))),
                ("address", n(h.text("p.address")))))),
            ("modes", self.nodes("case_modes", "w", 50, self.shown(
                ("id", q("w.id")), ("mode", self.code("cm")), ("startedOn", q("w.started_on")),
                ("endedOn", n(q("w.ended_on")))), "LEFT JOIN codes cm ON cm.id = 'code_mode_' || w.mode")),
            ("referrals", self.nodes("referrals", "f", 50, self.shown(
                ("id", q("f.id")), ("number", h.text("f.number")), ("type", q("f.type")), ("state", q("f.state")),
                ("issuedAt", q("f.issued_at")), ("dueOn", n(q("f.due_on"))), ("completedOn", n(q("f.completed_on"))),
                ("court", f"CASE WHEN k.id IS NULL THEN 'null' ELSE {court} END"), ("sender", self.named("fs")),
                ("receiver", self.named("fr"))),
                "LEFT JOIN courts k ON k.id = f.court_id LEFT JOIN organisations fs ON fs.id = f.sender_id "
                "LEFT JOIN organisations fr ON fr.id = f.receiver_id")),
            ("sourceRecords", self.nodes("source_records", "s", 50, self.shown(
                ("id", q("s.id")), ("system", h.text("s.system")), ("sourceNumber", h.text("s.source_number")),
                ("receivedAt", q("s.received_at")), ("organisation", self.named("so"))),
                "LEFT JOIN organisations so ON so.id = s.organisation_id")),
            ("events", self.nodes("events", "e", 100, self.shown(
                ("id", q("e.id")), ("type", q("e.type")), ("occurredAt", q("e.occurred_at")),
                ("actor", h.text("e.actor")), ("facts", "e.facts")))),
        )  # fmt: skip
        codes = {"ct": "dispute_type", "cc": "channel", "cs": "severity", "co": "outcome"}
        joins = " ".join(f"LEFT JOIN codes {a} ON {a}.id = 'code_{name}_' || c.{name}" for a, name in codes.items())
        source = (
            f"FROM cases c JOIN regions g ON g.id = c.region_id JOIN organisations o ON o.id = c.organisation_id "
            f"LEFT JOIN mediators m ON m.id = c.mediator_id {joins} "
            f"WHERE c.number = {self.sign}1 AND c.district = {self.sign}2"
        )
        found = f"coalesce((SELECT {shown} {source}), 'null')"
        body = f"'{{\"data\":{{\"case\":' || {found} || '}}}}'"
        return f"SELECT {h.whole(body)}"

    def nested(self) -> str:
        h, n, q = self.hand, self.n, self.q
        court = self.shown(("code", h.text("k.code")), ("name", h.text("k.name")))
        shown = self.shown(
            ("id", q("c.id")), ("number", h.text("c.number")), ("title", h.text("c.title")), ("state", q("c.state")),
            ("amount", self.amount()), ("registeredAt", q("c.registered_at")),
            ("dueOn", n(q("c.due_on"))), ("disputeType", self.code("ct")), ("organisation", self.named("o")),
            ("mediator", self.named("m")),
            ("parties", self.nodes("parties", "p", 20, self.shown(
                ("id", q("p.id")), ("role", q("p.role")), ("kind", q("p.kind")), ("name", h.text(self.name))))),
            ("referrals", self.nodes("referrals", "f", 20, self.shown(
                ("id", q("f.id")), ("type", q("f.type")), ("state", q("f.state")), ("issuedAt", q("f.issued_at")),
                ("court", f"CASE WHEN k.id IS NULL THEN 'null' ELSE {court} END")),
                "LEFT JOIN courts k ON k.id = f.court_id")),
        )  # fmt: skip
        joins = (
            "LEFT JOIN organisations o ON o.id = c.organisation_id LEFT JOIN mediators m ON m.id = c.mediator_id "
            "LEFT JOIN codes ct ON ct.id = 'code_dispute_type_' || c.dispute_type"
        )
        where = f"t.district = {self.sign}1 AND {h.among('t.state', f'{self.sign}2')}"
        return self._page(shown, joins, where, 50)

    def flat(self) -> str:
        h, n, q = self.hand, self.n, self.q
        shown = self.shown(
            ("id", q("c.id")), ("number", h.text("c.number")), ("title", h.text("c.title")), ("state", q("c.state")),
            ("handling", q("c.handling")), ("start", q("c.start")), ("domain", q("c.domain")),
            ("cause", n(h.text("c.cause"))), ("amount", self.amount()),
            ("online", h.flag("c.online")), ("open", h.flag(f"c.state NOT IN ({ENDED})")),
            ("registeredAt", q("c.registered_at")), ("registeredOn", q("c.registered_on")),
            ("acceptedOn", n(q("c.accepted_on"))), ("dueOn", n(q("c.due_on"))), ("concludedOn", n(q("c.concluded_on"))),
            ("resolvedLevel", n(q("c.resolved_level"))), ("leaked", h.flag("c.leaked")), ("version", "c.version"),
        )  # fmt: skip
        return self._page(shown, "", f"t.district = {self.sign}1", 100)

    def _page(self, shown: str, joins: str, where: str, size: int) -> str:
        """Newest first. Only the columns needed leave the page, and no window is opened to see if the list goes on."""
        h = self.hand
        used = ", ".join(sorted({f"t.{name}" for name in re.findall(r"\bc\.(\w+)", shown + joins)}))
        page = f"SELECT {used} FROM cases t WHERE {where} ORDER BY t.registered_at DESC, t.id DESC LIMIT {size}"
        rows = f"SELECT {shown} AS j, c.registered_at || '\",\"' || c.id AS at FROM ({page}) c {joins}"
        position = "'[\"registered_at:d,id:d\",\"' || min(r.at) || '\"]'"
        cursor = self.n(f"'\"' || {h.hex(position)} || '\"'")
        # Whether a row lies behind asks for no order: here the filter's own index is the right one.
        behind = f"EXISTS (SELECT 1 FROM cases t WHERE {where.replace('+t.', 't.')} LIMIT 1 OFFSET {size})"
        more = f"CASE WHEN {behind} THEN 'true' ELSE 'false' END"
        info = f"'],\"pageInfo\":{{\"hasNextPage\":' || {more} || ',\"endCursor\":' || {cursor} || '}}}}}}}}'"
        body = f'\'{{"data":{{"cases":{{"nodes":[\' || {h.joined("r.j", "r.at DESC")} || {info}'
        return f"SELECT {h.whole(body)} FROM ({rows}) r"

    def statistics(self) -> str:
        h, q = self.hand, self.q
        grouped = (
            f"SELECT c.district, c.state, count(*) AS number, coalesce(sum(c.amount), 0) AS fen FROM cases c "
            f"WHERE c.district = {self.sign}1 GROUP BY c.district, c.state"
        )
        fen = "CAST(s.fen AS bigint)"
        shown = self.shown(
            ("district", self.shown(("code", h.text("g.code")), ("name", h.text("g.name")))),
            ("state", q("s.state")),
            ("count", "s.number"),
            ("amountSum", h.yuan(fen)),
        )
        named = "JOIN regions g ON g.id = 'region_' || s.district"
        rows = f"SELECT s.state, {shown} AS j FROM ({grouped}) s {named} ORDER BY s.state"
        body = f"'{{\"data\":{{\"caseStatistics\":[' || {h.joined('r.j', 'r.state')} || ']}}}}'"
        return f"SELECT {h.whole(body)} FROM ({rows}) r"
