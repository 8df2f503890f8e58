"""Watches: until when somebody looks at a camera, and how much of a processor a watch takes.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("camera_state", sa.Column("looked_until", sa.DateTime(timezone=True)))
    op.add_column("watch", sa.Column("cameras", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("watch", sa.Column("load", sa.Double(), nullable=False, server_default="0"))
    op.alter_column("watch", "cameras", server_default=None)
    op.alter_column("watch", "load", server_default=None)


def downgrade() -> None:
    """Remove them."""
    op.drop_column("watch", "load")
    op.drop_column("watch", "cameras")
    op.drop_column("camera_state", "looked_until")
