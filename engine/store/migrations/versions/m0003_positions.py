"""Log entries have positions over all cases, and anchors say which entries they hold; failed jobs are found by an index.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Numbered by time and by case: in each case the later entry has the higher position.
_NUMBER = """
ALTER TABLE log_entry DISABLE TRIGGER log_entry_append_only;
ALTER TABLE log_entry ADD COLUMN position bigint;
UPDATE log_entry SET position = numbered.position
    FROM (SELECT case_id, seq, row_number() OVER (ORDER BY latest, case_id, seq) AS position
          FROM (SELECT case_id, seq, max(at) OVER (PARTITION BY case_id ORDER BY seq) AS latest
                FROM log_entry) AS timed) AS numbered
    WHERE numbered.case_id = log_entry.case_id AND numbered.seq = log_entry.seq;
ALTER TABLE log_entry ALTER COLUMN position SET NOT NULL;
ALTER TABLE log_entry ALTER COLUMN position ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval(pg_get_serial_sequence('log_entry', 'position'), max(position)) FROM log_entry;
ALTER TABLE log_entry ENABLE TRIGGER log_entry_append_only;
"""


def upgrade() -> None:
    """Number the entries, and let anchors hold them; anchors of before keep their roots."""
    # The rewrite of a large log takes longer than a command may.
    op.execute(sa.text("SET LOCAL statement_timeout = 0"))
    op.get_bind().exec_driver_sql(_NUMBER)
    op.create_unique_constraint(op.f("uq_log_entry_position"), "log_entry", ["position"])
    op.drop_index("ix_log_entry_at", table_name="log_entry")
    op.create_index("ix_log_entry_at", "log_entry", ["at"], unique=False, postgresql_using="brin")
    op.add_column("log_anchor", sa.Column("up_to", sa.BigInteger(), nullable=True))
    op.add_column("log_anchor", sa.Column("entries", sa.Integer(), nullable=True))
    op.drop_column("log_anchor", "cases")
    op.drop_column("log_anchor", "last_case_id")
    op.create_unique_constraint(op.f("uq_log_anchor_previous"), "log_anchor", ["previous"])
    # The job engine's own indexes hold what waits and what runs.
    op.create_index(
        "ix_procrastinate_jobs_failed",
        "procrastinate_jobs",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'failed'"),
    )


def downgrade() -> None:
    """Positions are not taken away again: restore the backup that was made before the upgrade."""
