"""Cameras, their zones and rules, the watches over them, what was seen, and the evidence of it.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _camera()
    _camera_zone()
    _vision_rule()
    _camera_state()
    _camera_alarm()
    _watch()
    _sighting()
    _evidence_bundle()
    _evidence_view()


def _camera() -> None:
    op.create_table(
        "camera",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("interval", sa.Double(), nullable=False),
        sa.Column("group_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_camera_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera")),
        sa.UniqueConstraint("code", name=op.f("uq_camera_code")),
    )
    op.create_index("ix_camera_group_no", "camera", ["group_no"], unique=False)
    op.create_index("ix_camera_unit_id", "camera", ["unit_id"], unique=False)


def _camera_zone() -> None:
    op.create_table(
        "camera_zone",
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("outline", JSONB(), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("hours", JSONB(), nullable=False),
        sa.Column("dwell", sa.Double(), nullable=False),
        sa.Column("grace", sa.Double(), nullable=False),
        sa.Column("auto_file", sa.Boolean(), nullable=False),
        sa.Column("auto_score", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_camera_zone_camera_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_camera_zone_made_by")),
        sa.PrimaryKeyConstraint("camera_id", "key", "version", name=op.f("pk_camera_zone")),
    )


def _vision_rule() -> None:
    op.create_table(
        "vision_rule",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("zone_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("classes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("dwell", sa.Double(), nullable=False),
        sa.Column("verify", sa.Boolean(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("condition_no", sa.Integer(), nullable=True),
        sa.Column("description_zh", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_vision_rule_made_by")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_vision_rule")),
    )


def _camera_state() -> None:
    op.create_table(
        "camera_state",
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("health", sa.LargeBinary(), nullable=False),
        sa.Column("view", JSONB(), nullable=False),
        sa.Column("frame_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["camera.id"], name=op.f("fk_camera_state_camera_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_state")),
    )


def _camera_alarm() -> None:
    op.create_table(
        "camera_alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["camera.id"], name=op.f("fk_camera_alarm_camera_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_alarm")),
    )
    op.create_index(
        "uq_camera_alarm_open",
        "camera_alarm",
        ["camera_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _watch() -> None:
    op.create_table(
        "watch",
        sa.Column("group_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_no", name=op.f("pk_watch")),
    )


def _sighting() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_key", sa.Text(), nullable=False),
        sa.Column("zone_version", sa.Integer(), nullable=False),
        sa.Column("rule_key", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("box", JSONB(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.Text(), nullable=False),
        sa.Column("detections", JSONB(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_sighting_answered_by")),
        sa.ForeignKeyConstraint(
            ["camera_id", "zone_key", "zone_version"],
            ["camera_zone.camera_id", "camera_zone.key", "camera_zone.version"],
            name="fk_sighting_zone_camera_zone",
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_sighting_camera_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_sighting_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "camera_id", "rule_key", "slot", name=op.f("uq_sighting_camera_id_rule_key_slot")
        ),
    )
    op.create_index("ix_sighting_case_id", "sighting", ["case_id"], unique=False)
    op.create_index("ix_sighting_place", "sighting", ["camera_id", "zone_key", "alarm_at"], unique=False)


def _evidence_bundle() -> None:
    op.create_table(
        "evidence_bundle",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sighting_id", sa.BigInteger(), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_evidence_bundle_camera_id")),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sighting.id"], name=op.f("fk_evidence_bundle_sighting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_bundle")),
        sa.UniqueConstraint("camera_id", "number", name=op.f("uq_evidence_bundle_camera_id_number")),
        sa.UniqueConstraint("sighting_id", name=op.f("uq_evidence_bundle_sighting_id")),
    )


def _evidence_view() -> None:
    op.create_table(
        "evidence_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["evidence_bundle.id"], name=op.f("fk_evidence_view_bundle_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_evidence_view_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_view")),
    )
    op.create_index("ix_evidence_view_bundle_id", "evidence_view", ["bundle_id"], unique=False)


def downgrade() -> None:
    """Remove the tables."""
    for table in (
        "evidence_view",
        "evidence_bundle",
        "sighting",
        "watch",
        "camera_alarm",
        "camera_state",
        "vision_rule",
        "camera_zone",
        "camera",
    ):
        op.drop_table(table)
