"""Sealed stills: pictures of cameras that were put to a case without a sighting, and everyone who looked at the unblurred ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.cases import case as case_table
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.rows import Row, every, first
from handlers.store.cameras import camera

sealed_still = Table(
    "sealed_still",
    metadata,
    identity(),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    Column("camera_id", BigInteger, ForeignKey("camera.id"), nullable=False),
    # Of the picture as the camera sent it, in hexadecimal; it is its name, too.
    Column("sha256", Text, nullable=False),
    # What it shows, as of a photograph of a case (`handlers.photos.PURPOSES`).
    Column("purpose", Text, nullable=False),
    instant("taken_at"),
    instant("kept_at"),
    # Of the public copy, which is a photograph of the case; none where it was not made.
    Column("copy_sha256", Text),
    # When its file was removed, for its time was over.
    instant("removed_at", nullable=True),
    UniqueConstraint("case_id", "sha256"),
)

sealed_still_view = Table(
    "sealed_still_view",
    metadata,
    # Rows are only added.
    identity(),
    Column("still_id", BigInteger, ForeignKey("sealed_still.id"), nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    instant("at"),
    Index("ix_sealed_still_view_still_id", "still_id"),
)


def add(conn: Connection, row: Mapping[str, Any]) -> int | None:
    """Insert a still; gives its identifier, None if the case has it."""
    statement = upsert(sealed_still).on_conflict_do_nothing().returning(sealed_still.c.id)
    return conn.execute(statement, dict(row)).scalar_one_or_none()


_READ = select(
    sealed_still,
    *(camera.c.code.label("camera_code"), camera.c.name.label("camera_name")),
    *(camera.c.name_en.label("camera_name_en"), camera.c.made),
).join(camera, camera.c.id == sealed_still.c.camera_id)


def read(conn: Connection, still_id: int) -> Row | None:
    """A still, with its camera."""
    return first(conn.execute(_READ.where(sealed_still.c.id == still_id)))


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The stills of a case, as `read` gives them, in the order in which they came."""
    return every(conn.execute(_READ.where(sealed_still.c.case_id == case_id).order_by(sealed_still.c.id)))


def set_copy(conn: Connection, still_id: int, sha256: str) -> None:
    """Write which photograph of the case is the public copy of a still."""
    conn.execute(update(sealed_still).where(sealed_still.c.id == still_id).values(copy_sha256=sha256))


def unpublished(conn: Connection, after: int, most: int) -> list[int]:
    """Stills after one, in the order of their ``id``, of which there is no public copy yet."""
    wanted = select(sealed_still.c.id).where(
        sealed_still.c.id > after, sealed_still.c.removed_at.is_(None), sealed_still.c.copy_sha256.is_(None)
    )
    return list(conn.execute(wanted.order_by(sealed_still.c.id).limit(most)).scalars())


def over(conn: Connection, ended_before: datetime, most: int) -> list[Row]:
    """Stills of cases that ended before an instant whose files are there still, the oldest first.

    A case that is open keeps its stills, and so does one into which it was merged.
    """
    whole = case_table.alias("whole")
    ended = func.coalesce(whole.c.closed_at, case_table.c.closed_at)
    wanted = (
        select(sealed_still)
        .join(case_table, case_table.c.id == sealed_still.c.case_id)
        .outerjoin(whole, whole.c.id == case_table.c.merged_into_id)
        .where(sealed_still.c.removed_at.is_(None), ended < ended_before)
        .where(func.coalesce(whole.c.status, case_table.c.status) != "open")
        .order_by(sealed_still.c.id)
        .limit(most)
    )
    return every(conn.execute(wanted))


def remove(conn: Connection, still_id: int, at: datetime) -> None:
    """Note that the file of a still is gone."""
    conn.execute(update(sealed_still).where(sealed_still.c.id == still_id).values(removed_at=at))


def exist(conn: Connection) -> bool:
    """Whether there is any still."""
    return conn.execute(select(sealed_still.c.id).limit(1)).first() is not None


def named(conn: Connection, hashes: Sequence[str]) -> set[str]:
    """Those of some hashes that are a still's whose file is kept."""
    wanted = select(sealed_still.c.sha256).where(
        sealed_still.c.sha256.in_(list(hashes)), sealed_still.c.removed_at.is_(None)
    )
    return set(conn.execute(wanted).scalars())


def add_view(conn: Connection, still_id: int, person_id: int, at: datetime) -> None:
    """Note that somebody looked at a still that is not blurred."""
    conn.execute(insert(sealed_still_view).values(still_id=still_id, person_id=person_id, at=at))


def views(conn: Connection, case_id: int) -> list[Row]:
    """Who looked at the stills of a case, the last first: ``still_id``, ``name``, ``at``."""
    wanted = (
        select(sealed_still_view.c.still_id, person.c.name, sealed_still_view.c.at)
        .join(person, person.c.id == sealed_still_view.c.person_id)
        .join(sealed_still, sealed_still.c.id == sealed_still_view.c.still_id)
        .where(sealed_still.c.case_id == case_id)
    )
    return every(conn.execute(wanted.order_by(sealed_still_view.c.id.desc()).limit(500)))
