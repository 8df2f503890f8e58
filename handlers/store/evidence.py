"""Evidence: the bundles that prove sightings, chained for each camera, and everyone who looked at the unblurred ones."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from engine.store.metadata import identity, instant, metadata

evidence_bundle = Table(
    "evidence_bundle",
    metadata,
    identity(),
    Column("sighting_id", BigInteger, ForeignKey("sighting.id"), nullable=False),
    Column("camera_id", BigInteger, ForeignKey("camera.id"), nullable=False),
    # Its place in the camera's chain, from 1, and the digests (SHA-256 in hexadecimal) of its manifest and of the one before.
    Column("number", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    # Under the folder of all evidence.
    Column("folder", Text, nullable=False),
    # Its files with media type and whether a public copy is there.
    Column("files", JSONB, nullable=False),
    instant("made_at"),
    # When its files were removed, for their time was over; the row stays, so that the chain does.
    instant("removed_at", nullable=True),
    UniqueConstraint("camera_id", "number"),
    UniqueConstraint("sighting_id"),
)

evidence_view = Table(
    "evidence_view",
    metadata,
    # Rows are only added.
    identity(),
    Column("bundle_id", BigInteger, ForeignKey("evidence_bundle.id"), nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("what", Text, nullable=False),
    instant("at"),
    Index("ix_evidence_view_bundle_id", "bundle_id"),
)
