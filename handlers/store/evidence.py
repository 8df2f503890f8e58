"""Evidence: the bundles that prove sightings, chained for each camera, and everyone who looked at the unblurred ones."""

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
    and_,
    case,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection

from engine.store.cases import case as case_table
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.rows import Row, every, first
from handlers.store.cameras import camera, camera_zone, vision_rule
from handlers.store.sealed_stills import sealed_still
from handlers.store.sightings import sighting

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
    # When the authority saw it that stamps with the time; and why there is no stamp yet, if it was asked in vain.
    instant("stamped_at", nullable=True),
    Column("stamp_trouble", Text, nullable=False),
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


def basis(
    conn: Connection, camera_id: int, zone: tuple[str, int], rule: tuple[str, int]
) -> tuple[Row, Row, Row] | None:
    """A camera, and a zone and a rule of it by key and version; None if one of them is not there."""
    found = (
        first(conn.execute(select(camera).where(camera.c.id == camera_id))),
        first(
            conn.execute(
                select(camera_zone).where(
                    camera_zone.c.camera_id == camera_id,
                    camera_zone.c.key == zone[0],
                    camera_zone.c.version == zone[1],
                )
            )
        ),
        first(
            conn.execute(
                select(vision_rule).where(vision_rule.c.key == rule[0], vision_rule.c.version == rule[1])
            )
        ),
    )
    camera_row, zone_row, rule_row = found
    return (
        (camera_row, zone_row, rule_row)
        if camera_row is not None and zone_row is not None and rule_row is not None
        else None
    )


def head(conn: Connection, camera_id: int) -> Row | None:
    """The last bundle of a camera: ``number`` and ``digest``."""
    wanted = select(evidence_bundle.c.number, evidence_bundle.c.digest)
    wanted = wanted.where(evidence_bundle.c.camera_id == camera_id)
    return first(conn.execute(wanted.order_by(evidence_bundle.c.number.desc()).limit(1)))


def add(conn: Connection, row: Mapping[str, Any]) -> int:
    """Insert a bundle; gives its identifier."""
    return int(
        conn.execute(insert(evidence_bundle).values(**row).returning(evidence_bundle.c.id)).scalar_one()
    )


_READ = select(
    evidence_bundle,
    *(sighting.c[name] for name in ("case_id", "rule_key", "began_at", "alarm_at", "answer")),
    *(camera.c.code.label("camera_code"), camera.c.name.label("camera_name")),
    *(camera.c.name_en.label("camera_name_en"), camera.c.made),
).select_from(
    evidence_bundle.join(sighting, sighting.c.id == evidence_bundle.c.sighting_id).join(
        camera, camera.c.id == evidence_bundle.c.camera_id
    )
)


def read(conn: Connection, bundle_id: int, *, lock: bool = False) -> Row | None:
    """A bundle, with its sighting's case, rule and times, and its camera."""
    wanted = _READ.where(evidence_bundle.c.id == bundle_id)
    return first(conn.execute(wanted.with_for_update(of=evidence_bundle) if lock else wanted))


def of_sighting(conn: Connection, sighting_id: int) -> Row | None:
    """The bundle of a sighting, as `read` gives it."""
    return first(conn.execute(_READ.where(evidence_bundle.c.sighting_id == sighting_id)))


def of_case(conn: Connection, case_id: int) -> list[Row]:
    """The bundles of a case, as `read` gives them, in the order in which they were made."""
    return every(conn.execute(_READ.where(sighting.c.case_id == case_id).order_by(evidence_bundle.c.id)))


def of_number(conn: Connection, number: str) -> list[Row]:
    """The bundles of the cases with a number, which is unique for a platform, as `read` gives them."""
    ids = select(case_table.c.id).where(case_table.c.number == number)
    return every(conn.execute(_READ.where(sighting.c.case_id.in_(ids)).order_by(evidence_bundle.c.id)))


def of_camera(conn: Connection, camera_id: int) -> list[Row]:
    """The chain of a camera, as `read` gives its bundles."""
    wanted = _READ.where(evidence_bundle.c.camera_id == camera_id)
    return every(conn.execute(wanted.order_by(evidence_bundle.c.number)))


def set_files(conn: Connection, bundle_id: int, files: Sequence[Mapping[str, Any]]) -> None:
    """Write what is known of the files of a bundle."""
    wanted = update(evidence_bundle).where(evidence_bundle.c.id == bundle_id)
    conn.execute(wanted.values(files=list(files)))


def over(conn: Connection, rejected_before: datetime, closed_before: datetime, most: int) -> list[Row]:
    """Bundles whose time is over and whose files are there still: ``id``, ``folder``, ``files``, ``case_id``, the oldest first.

    Those of cases that ended, at `closed_before` at the latest, or at `rejected_before` where the sighting was answered with no; of
    sightings that have no case, by their own time. A case that is open keeps its evidence, and so does one into which it was merged.
    """
    whole = case_table.alias("whole")
    ended = func.coalesce(whole.c.closed_at, case_table.c.closed_at, sighting.c.alarm_at)
    open_still = func.coalesce(whole.c.status, case_table.c.status, "closed") == "open"
    limit = case((sighting.c.answer == "no", rejected_before), else_=closed_before)
    wanted = (
        select(evidence_bundle.c.id, evidence_bundle.c.folder, evidence_bundle.c.files, sighting.c.case_id)
        .join(sighting, sighting.c.id == evidence_bundle.c.sighting_id)
        .outerjoin(case_table, case_table.c.id == sighting.c.case_id)
        .outerjoin(whole, whole.c.id == case_table.c.merged_into_id)
        .where(evidence_bundle.c.removed_at.is_(None), and_(~open_still, ended < limit))
        .order_by(evidence_bundle.c.id)
        .limit(most)
    )
    return every(conn.execute(wanted))


def sealed(conn: Connection, case_id: int) -> Row:
    """How many pictures of cameras a case has (``pictures``), and of how many there is no public copy (``unpublished``)."""
    frame = func.jsonb_array_elements(evidence_bundle.c.files).table_valued("value", joins_implicitly=True)
    of_bundles = (
        select((~frame.c.value.cast(JSONB)["public"].as_boolean()).label("missing"))
        .select_from(evidence_bundle.join(sighting, sighting.c.id == evidence_bundle.c.sighting_id))
        .where(
            sighting.c.case_id == case_id,
            evidence_bundle.c.removed_at.is_(None),
            frame.c.value.cast(JSONB)["kind"].as_string() == "frame",
        )
    )
    of_stills = select(sealed_still.c.copy_sha256.is_(None).label("missing")).where(
        sealed_still.c.case_id == case_id, sealed_still.c.removed_at.is_(None)
    )
    both = of_bundles.union_all(of_stills).subquery("both")
    wanted = select(
        func.count().label("pictures"), func.count().filter(both.c.missing).label("unpublished")
    ).select_from(both)
    return dict(conn.execute(wanted).mappings().one())


def unpublished(conn: Connection, after: int, most: int) -> list[int]:
    """Bundles after one, in the order of their ``id``, of whose frames there is no public copy yet."""
    missing = ~evidence_bundle.c.files.contains([{"public": True}])
    wanted = select(evidence_bundle.c.id).where(
        evidence_bundle.c.id > after, evidence_bundle.c.removed_at.is_(None), missing
    )
    return list(conn.execute(wanted.order_by(evidence_bundle.c.id).limit(most)).scalars())


def unstamped(conn: Connection, after: int, most: int) -> list[int]:
    """Bundles after one, in the order of their ``id``, that have their files and no time stamp."""
    wanted = select(evidence_bundle.c.id).where(
        evidence_bundle.c.id > after,
        evidence_bundle.c.removed_at.is_(None),
        evidence_bundle.c.stamped_at.is_(None),
    )
    return list(conn.execute(wanted.order_by(evidence_bundle.c.id).limit(most)).scalars())


def set_stamp(conn: Connection, bundle_id: int, at: datetime | None, trouble: str) -> None:
    """Note the time stamp of a bundle, or why there is none."""
    wanted = update(evidence_bundle).where(evidence_bundle.c.id == bundle_id)
    conn.execute(wanted.values(stamped_at=at, stamp_trouble=trouble))


def remove(conn: Connection, bundle_id: int, at: datetime) -> None:
    """Note that the files of a bundle are gone."""
    wanted = update(evidence_bundle).where(evidence_bundle.c.id == bundle_id)
    conn.execute(wanted.values(removed_at=at))


def exist(conn: Connection) -> bool:
    """Whether there is any bundle."""
    return conn.execute(select(evidence_bundle.c.id).limit(1)).first() is not None


def named(conn: Connection, folders: Sequence[str]) -> set[str]:
    """Those of some folders that are a bundle's."""
    wanted = select(evidence_bundle.c.folder).where(evidence_bundle.c.folder.in_(list(folders)))
    return set(conn.execute(wanted).scalars())


def add_view(conn: Connection, bundle_id: int, person_id: int, what: str, at: datetime) -> None:
    """Note that somebody looked at what is not public."""
    row = {"bundle_id": bundle_id, "person_id": person_id, "what": what, "at": at}
    conn.execute(insert(evidence_view).values(**row))


def views(conn: Connection, bundle_id: int) -> list[Row]:
    """Who looked at a bundle, the last first: ``name``, ``what``, ``at``."""
    wanted = select(person.c.name, evidence_view.c.what, evidence_view.c.at).join(
        evidence_view, evidence_view.c.person_id == person.c.id
    )
    wanted = wanted.where(evidence_view.c.bundle_id == bundle_id).order_by(evidence_view.c.id.desc())
    return every(conn.execute(wanted.limit(500)))
