"""Marks: what was answered to what trials of rules would have told.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "trial_mark",
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_key", sa.Text(), nullable=False),
        sa.Column("zone_version", sa.Integer(), nullable=False),
        sa.Column("rule_key", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_trial_mark_camera_id")),
        sa.ForeignKeyConstraint(["marked_by"], ["person.id"], name=op.f("fk_trial_mark_marked_by")),
        sa.ForeignKeyConstraint(
            ["camera_id", "zone_key", "zone_version"],
            ["camera_zone.camera_id", "camera_zone.key", "camera_zone.version"],
            name="fk_trial_mark_zone_camera_zone",
        ),
        sa.ForeignKeyConstraint(
            ["rule_key", "rule_version"],
            ["vision_rule.key", "vision_rule.version"],
            name="fk_trial_mark_rule_vision_rule",
        ),
        sa.PrimaryKeyConstraint(
            "camera_id",
            "zone_key",
            "rule_key",
            "rule_version",
            "model_sha256",
            "began_at",
            "place",
            name=op.f("pk_trial_mark"),
        ),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("trial_mark")
