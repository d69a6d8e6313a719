"""What can be done with a row now, as the graph shows it (DOMAIN 2.1, 2.2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """可办事项 · Something that the viewer may do with the row now

    action: 操作名，见状态机表 · Name of the action, as the state machines say it
    label: 操作，中英文 · What it is, in both languages
    verb: 在该行上办理此操作的变更名，经其他对象办理的为空 · Name of the mutation that does it on this row; null for what is done through another
    limit: 随之起算的期限规则，见 LimitRule · The rule of the limit that it starts, a value of LimitRule
    basis: 依据的条款，中英文 · The clause it rests on, in both languages
    local: 本地默认而非法律规定 · Whether that is a default of this hub and no law
    """

    action: str
    label: str
    verb: str | None
    limit: str | None
    basis: str
    local: bool
