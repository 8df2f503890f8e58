"""Time stamps: what the authority said of a bundle of evidence, or why there is none yet.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("evidence_bundle", sa.Column("stamped_at", sa.DateTime(timezone=True)))
    op.add_column("evidence_bundle", sa.Column("stamp_trouble", sa.Text(), nullable=False, server_default=""))
    op.alter_column("evidence_bundle", "stamp_trouble", server_default=None)


def downgrade() -> None:
    """Remove them."""
    op.drop_column("evidence_bundle", "stamp_trouble")
    op.drop_column("evidence_bundle", "stamped_at")
