"""Bundles, the exact files of one deployment by content hash, and the versions of the processes in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, first, number

bundle = Table(
    "bundle",
    metadata,
    Column("hash", Text, primary_key=True),
    instant("stored_at"),
)

bundle_file = Table(
    "bundle_file",
    metadata,
    Column("bundle_hash", Text, ForeignKey("bundle.hash"), nullable=False),
    Column("path", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("bundle_hash", "path"),
)

process_version = Table(
    "process_version",
    metadata,
    identity(),
    Column("process_key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("bundle_hash", Text, ForeignKey("bundle.hash"), nullable=False),
    Column("name", Text, nullable=False),
    instant("deployed_at"),
    Column("deployed_by", BigInteger, ForeignKey("person.id")),
    UniqueConstraint("process_key", "version"),
)


_LATEST = (
    select(process_version)
    .where(process_version.c.process_key == bindparam("process_key"))
    .order_by(process_version.c.version.desc())
    .limit(1)
)


def store(conn: Connection, digest: str, files: Mapping[str, bytes], now: datetime) -> None:
    """Keep the files under their hash; a bundle that is there already stays as it is."""
    added = conn.execute(
        upsert(bundle).values(hash=digest, stored_at=now).on_conflict_do_nothing().returning(bundle.c.hash)
    ).scalar()
    if added is not None:
        rows = [{"bundle_hash": digest, "path": path, "content": content} for path, content in files.items()]
        conn.execute(insert(bundle_file), rows)


def read_files(conn: Connection, digest: str) -> dict[str, bytes]:
    """Path and content of every file of a bundle; empty if there is no such bundle."""
    statement = select(bundle_file.c.path, bundle_file.c.content).where(bundle_file.c.bundle_hash == digest)
    return {row.path: row.content for row in conn.execute(statement)}


def next_version(
    conn: Connection, process_key: str, digest: str, name: str, now: datetime, person_id: int | None
) -> tuple[int, int]:
    """Register the next version of a process; gives (its identifier, its number)."""
    last = select(func.coalesce(func.max(process_version.c.version), 0)).where(
        process_version.c.process_key == process_key
    )
    following = number(conn.execute(last)) + 1
    statement = insert(process_version).values(
        process_key=process_key,
        version=following,
        bundle_hash=digest,
        name=name,
        deployed_at=now,
        deployed_by=person_id,
    )
    return number(conn.execute(statement.returning(process_version.c.id))), following


def latest(conn: Connection, process_key: str) -> Row | None:
    """The newest version of a process."""
    return first(conn.execute(_LATEST, {"process_key": process_key}))


def read_version(conn: Connection, version_id: int) -> Row | None:
    """One version by its identifier."""
    return first(conn.execute(select(process_version).where(process_version.c.id == version_id)))


def numbered(conn: Connection, process_key: str, version: int) -> Row | None:
    """One version of a process by its number."""
    wanted = (process_version.c.process_key == process_key, process_version.c.version == version)
    return first(conn.execute(select(process_version).where(*wanted)))


def lock_deployment(conn: Connection) -> None:
    """Let one deployment at a time count versions, until the transaction ends."""
    conn.execute(select(func.pg_advisory_xact_lock(0x67726964)))
