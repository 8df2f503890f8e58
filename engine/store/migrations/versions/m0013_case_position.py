"""Where the open cases lie: what a tile of the map asks for, whatever the number of cases.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_case_position", "case", ["lon", "lat"], postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    """Remove the index."""
    op.drop_index("ix_case_position", "case")
