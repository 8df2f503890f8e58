"""The clock of a case can be paused and extended, warns at yellow and red, and shows on its work items.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_COUNTS = ("excused_seconds", "overrun_seconds", "extensions", "suspensions", "urged", "supervised")

# What was filed before: the due date is the first one. Yellow is three quarters of the way, by the wall's time.
_CASES = """
UPDATE "case" SET first_due_at = due_at,
    yellow_at = due_at - (due_at - coalesce(filed_at, opened_at)) / 4,
    overrun_seconds = greatest(0, coalesce(extract(epoch FROM handled_at - due_at), 0))::integer
    WHERE due_at IS NOT NULL;
UPDATE "case" SET time_limit = standard."limit", unit_of_time = standard.unit_of_time
    FROM standard
    WHERE due_at IS NOT NULL AND standard.scheme = "case".scheme AND standard.kind = "case".kind
        AND standard.code = "case".category AND standard.condition_no = "case".condition_no;
UPDATE work_item SET yellow_at = due_at - greatest(due_at - created_at, interval '0') / 4;
UPDATE work_item SET follows_case = true, yellow_at = "case".yellow_at FROM "case"
    WHERE "case".id = work_item.case_id AND work_item.state = 'open' AND work_item.due_at = "case".due_at;
"""


def upgrade() -> None:
    """Add the columns, and give cases and work items of before what can be told of theirs."""
    # The rewrite of a large table takes longer than a command may.
    op.execute(sa.text("SET LOCAL statement_timeout = 0"))
    op.add_column("case", sa.Column("time_limit", sa.Numeric(), nullable=True))
    for name in ("unit_of_time", "pause", "alarm"):
        op.add_column("case", sa.Column(name, sa.Text(), nullable=True))
    for name in ("first_due_at", "yellow_at", "paused_at", "paused_until", "alarm_at"):
        op.add_column("case", sa.Column(name, _INSTANT, nullable=True))
    for name in _COUNTS:
        op.add_column("case", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for name in ("yellow_at", "paused_at"):
        op.add_column("work_item", sa.Column(name, _INSTANT, nullable=True))
    op.add_column(
        "work_item", sa.Column("follows_case", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for name in ("urged", "supervised"):
        op.add_column("work_item", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.get_bind().exec_driver_sql(_CASES)
    op.alter_column("work_item", "yellow_at", nullable=False)


def downgrade() -> None:
    """What was excused is not forgotten again: restore the backup that was made before the upgrade."""
