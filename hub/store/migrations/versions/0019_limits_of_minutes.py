"""Limits of minutes."""

# ruff: noqa - generated: a column is one line, with its comment
# fmt: off

import sqlalchemy as sa
from alembic import op
from hub.store import dialects

revision: str = '0019'
down_revision: str | None = '0018'
branch_labels: None = None
depends_on: None = None


COMMENTS = (
    ('days', sa.BIGINT(), '天数 · Days', '天数 · Days; 0 for a limit of minutes'),
    ('unit', dialects.Bytewise(), '期间单位 · How days are counted', '期间单位 · How it is counted'),
)


def upgrade() -> None:
    with op.batch_alter_table('deadlines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('minutes', sa.BigInteger(), nullable=True, comment='分钟数 · Minutes; null for a limit of days'))
        batch_op.add_column(sa.Column('due_at', dialects.Bytewise(), nullable=True, comment='到期时刻 · Due at; null for a limit of days, which ends with its day'))
        batch_op.create_index(batch_op.f('ix_deadlines_due_at_id'), ['due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'RUNNING' AND due_at IS NOT NULL"), sqlite_where=sa.text("state = 'RUNNING' AND due_at IS NOT NULL"))

        batch_op.create_check_constraint(batch_op.f('ck_deadlines_moment_of_minutes'), "(unit = 'MINUTES') = (due_at IS NOT NULL)")
        for name, kind, old, new in COMMENTS:
            batch_op.alter_column(name, existing_type=kind, comment=new, existing_comment=old, existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('deadlines', schema=None) as batch_op:
        for name, kind, old, new in COMMENTS:
            batch_op.alter_column(name, existing_type=kind, comment=old, existing_comment=new, existing_nullable=False)
        batch_op.drop_constraint(batch_op.f('ck_deadlines_moment_of_minutes'), type_='check')
        batch_op.drop_index(batch_op.f('ix_deadlines_due_at_id'), postgresql_where=sa.text("state = 'RUNNING' AND due_at IS NOT NULL"), sqlite_where=sa.text("state = 'RUNNING' AND due_at IS NOT NULL"))
        batch_op.drop_column('due_at')
        batch_op.drop_column('minutes')
