"""Figures of days."""

# ruff: noqa - generated: a column is one line, with its comment
# fmt: off

import datetime as dt

import sqlalchemy as sa
from alembic import op
from hub.store import dialects

revision: str = '0016'
down_revision: str | None = '0015'
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handled_days', sa.BigInteger(), nullable=True, comment='办理天数 · Calendar days from registration to conclusion'))
        batch_op.create_index(batch_op.f('ix_cases_handled_days_id'), ['handled_days', 'id'], unique=False)

    with op.batch_alter_table('figure_pages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('small', sa.Boolean(), nullable=True, comment='小数 · Whether its figure is one of few'))
        batch_op.add_column(sa.Column('referrals', dialects.Bytewise(), nullable=True, comment='流转 · Its referrals, where its figure counts referrals'))

    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mediation_days', sa.BigInteger(), nullable=True, comment='调解天数 · Days from acceptance to the end, as its limit counts them: without those of an appraisal'))
        batch_op.create_index(batch_op.f('ix_referrals_mediation_days_id'), ['mediation_days', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_referrals_return_reason_id'), ['return_reason', 'id'], unique=False)

    with op.batch_alter_table('snapshot_figures', schema=None) as batch_op:
        batch_op.add_column(sa.Column('counts', dialects.Bytewise(), nullable=True, comment='所计事项 · What it counts'))
        batch_op.add_column(sa.Column('small', sa.Boolean(), nullable=True, comment='小数 · It, or what would tell it, is fewer than five: published views are not shown its numbers'))
        batch_op.add_column(sa.Column('days', sa.BigInteger(), nullable=True, comment='天数合计 · The sum of days; null where none is asked'))
        batch_op.alter_column('count', existing_type=sa.BIGINT(), nullable=True)

    fill()
    comment()
    with op.batch_alter_table('snapshot_figures', schema=None) as batch_op:
        batch_op.alter_column('counts', existing_type=dialects.Bytewise(), nullable=False)
        batch_op.alter_column('small', existing_type=sa.Boolean(), nullable=False)
    with op.batch_alter_table('figure_pages', schema=None) as batch_op:
        batch_op.alter_column('small', existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column('referrals', existing_type=dialects.Bytewise(), nullable=False)


def fill() -> None:
    """What was concluded has its days; of a mediation that an appraisal interrupted they are not known any more."""
    cases = sa.table('cases', *(sa.column(name, kind) for name, kind in (('handled_days', sa.BigInteger), ('registered_on', sa.Date), ('concluded_on', sa.Date))))
    op.execute(cases.update().where(cases.c.concluded_on.is_not(None)).values(handled_days=between(cases.c.registered_on, cases.c.concluded_on)))
    limits = sa.table('deadlines', sa.column('referral_id'), sa.column('elapsed'))
    referrals = sa.table('referrals', sa.column('id'), *(sa.column(name, kind) for name, kind in (('mediation_days', sa.BigInteger), ('accepted_on', sa.Date), ('completed_on', sa.Date))))
    paused = sa.exists().where(limits.c.referral_id == referrals.c.id, limits.c.elapsed > 0)
    ended = (referrals.c.accepted_on.is_not(None), referrals.c.completed_on.is_not(None), sa.not_(paused))
    op.execute(referrals.update().where(*ended).values(mediation_days=between(referrals.c.accepted_on, referrals.c.completed_on)))

    figures = sa.table('snapshot_figures', *(sa.column(name) for name in ('id', 'count', 'of', 'before', 'counts')), sa.column('small', sa.Boolean))
    c = figures.c
    few = sa.or_(*(sa.func.coalesce(each, 0).between(1, 4) for each in (c.count, c.of, c.of - c.count, c.before)))
    op.execute(figures.update().values(counts='CASES', small=few))
    pages = sa.table('figure_pages', sa.column('figure_id'), sa.column('referrals'), sa.column('small', sa.Boolean))
    mine = sa.select(c.small).where(c.id == pages.c.figure_id).scalar_subquery()
    op.execute(pages.update().values(referrals='[]', small=mine))


NEW = {'count': '分子件数 · How many are in the numerator, as its pages list', 'of': '分母件数 · How many are in the denominator; null where there is none', 'before': '上期件数 · How many were in the numerator the period before; null for a part'}
OLD = {'count': '分子件数 · Cases in the numerator, as many as its pages list', 'of': '分母件数 · Cases in the denominator; null where there is none', 'before': '上期件数 · Cases in the numerator the period before; null for a part'}
PAGES, CASES = '指标下钻 · A page of what a frozen figure counts', '案件 · Its cases, where its figure counts cases'
OLD_PAGES, OLD_CASES = '指标下钻 · A page of the cases that a frozen figure counts', '案件 · Its cases'


def comment(new: dict[str, str] = NEW, old: dict[str, str] = OLD, pages: tuple[str, str] = (PAGES, OLD_PAGES), cases: tuple[str, str] = (CASES, OLD_CASES)) -> None:
    """What the columns say of themselves."""
    with op.batch_alter_table('figure_pages', schema=None) as batch_op:
        batch_op.alter_column('cases', existing_type=dialects.Bytewise(), comment=cases[0], existing_comment=cases[1], existing_nullable=False)
        batch_op.create_table_comment(pages[0], existing_comment=pages[1])
    with op.batch_alter_table('snapshot_figures', schema=None) as batch_op:
        for name in new:
            batch_op.alter_column(name, existing_type=sa.BIGINT(), comment=new[name], existing_comment=old[name], existing_nullable=True)


def between(first: sa.ColumnElement[dt.date], last: sa.ColumnElement[dt.date]) -> sa.ColumnElement[int]:
    """Days from the one to the other."""
    start, end = (sa.cast(sa.extract('epoch', each), sa.BigInteger) for each in (first, last))
    return (end - start) // 86400


def downgrade() -> None:
    comment(OLD, NEW, (OLD_PAGES, PAGES), (OLD_CASES, CASES))
    with op.batch_alter_table('snapshot_figures', schema=None) as batch_op:
        batch_op.alter_column('count', existing_type=sa.BIGINT(), nullable=False)
        batch_op.drop_column('days')
        batch_op.drop_column('small')
        batch_op.drop_column('counts')

    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_referrals_return_reason_id'))
        batch_op.drop_index(batch_op.f('ix_referrals_mediation_days_id'))
        batch_op.drop_column('mediation_days')

    with op.batch_alter_table('figure_pages', schema=None) as batch_op:
        batch_op.drop_column('referrals')
        batch_op.drop_column('small')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cases_handled_days_id'))
        batch_op.drop_column('handled_days')
