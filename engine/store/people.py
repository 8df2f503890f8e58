"""People, the roles they hold at units, and the tokens of programs that act for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.engine import Connection

from engine.store.metadata import identity, instant, metadata
from engine.store.rows import Row, every, first, number

role = Table(
    "role",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    # Which cases its holder sees: offered (only those offered to them), unit (all of their unit), below (and of all
    # units under it), none.
    Column("sees", Text, nullable=False),
)

person = Table(
    "person",
    metadata,
    identity(),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default="true"),
    # Raised to end every session of the person at once.
    Column("session_epoch", Integer, nullable=False, server_default="1"),
    Column("language", Text),
    Column("is_demo", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("login"),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("role", Text, ForeignKey("role.code"), nullable=False),
    Column("unit_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    PrimaryKeyConstraint("person_id", "role", "unit_id"),
    Index("ix_role_grant_role_unit_id", "role", "unit_id"),
)

api_token = Table(
    "api_token",
    metadata,
    identity(),
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    # SHA-256 of the token: a copy of the database lets nobody in.
    Column("digest", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    instant("created_at"),
    instant("expires_at"),
    UniqueConstraint("digest"),
)


def _grants() -> Any:
    pairs = func.json_agg(
        aggregate_order_by(
            func.json_build_array(role_grant.c.role, role_grant.c.unit_id), role_grant.c.unit_id
        )
    )
    return (
        select(func.coalesce(pairs, func.json_build_array()))
        .where(role_grant.c.person_id == person.c.id)
        .scalar_subquery()
        .label("grants")
    )


_WITH_GRANTS = select(person, _grants())
_BY_ID = _WITH_GRANTS.where(person.c.id == bindparam("person_id"))
_BY_LOGIN = _WITH_GRANTS.where(person.c.login == bindparam("login"))
_BY_TOKEN = _WITH_GRANTS.join(api_token, api_token.c.person_id == person.c.id).where(
    api_token.c.digest == bindparam("digest"), api_token.c.expires_at > bindparam("now")
)


def read(conn: Connection, person_id: int) -> Row | None:
    """A person with ``grants`` as a list of [role, unit id], or None."""
    return first(conn.execute(_BY_ID, {"person_id": person_id}))


def read_by_login(conn: Connection, login: str) -> Row | None:
    """The same, by the name used at sign-in."""
    return first(conn.execute(_BY_LOGIN, {"login": login}))


def read_by_token(conn: Connection, digest: bytes, now: datetime) -> Row | None:
    """The person for whom an unexpired token stands, with grants."""
    return first(conn.execute(_BY_TOKEN, {"digest": digest, "now": now}))


def save(conn: Connection, row: Mapping[str, Any]) -> int:
    """Insert a person, or change the one with the same login; gives the identifier."""
    statement = insert(person).values(**row)
    kept = {name: statement.excluded[name] for name in row if name != "login"}
    return number(
        conn.execute(
            statement.on_conflict_do_update(index_elements=["login"], set_=kept).returning(person.c.id)
        )
    )


def grant(conn: Connection, person_id: int, role_code: str, unit_id: int) -> None:
    """Give a role at a unit; giving it twice is once."""
    conn.execute(
        insert(role_grant)
        .values(person_id=person_id, role=role_code, unit_id=unit_id)
        .on_conflict_do_nothing()
    )


def revoke_all(conn: Connection, person_id: int) -> None:
    """Take all roles of a person."""
    conn.execute(delete(role_grant).where(role_grant.c.person_id == person_id))


def save_role(conn: Connection, row: Mapping[str, Any]) -> None:
    """Insert a role or change its names."""
    statement = insert(role).values(**row)
    kept = {name: statement.excluded[name] for name in row if name != "code"}
    conn.execute(statement.on_conflict_do_update(index_elements=["code"], set_=kept))


def read_roles(conn: Connection) -> list[Row]:
    """All roles."""
    return every(conn.execute(select(role).order_by(role.c.code)))


def holders(conn: Connection, role_code: str, unit_id: int) -> list[Row]:
    """Active people who hold a role at exactly this unit: ``id``, ``name``, ``login``."""
    statement = (
        select(person.c.id, person.c.name, person.c.login)
        .join(role_grant, role_grant.c.person_id == person.c.id)
        .where(role_grant.c.role == role_code, role_grant.c.unit_id == unit_id, person.c.active)
        .order_by(person.c.name, person.c.id)
    )
    return every(conn.execute(statement))


def demonstration(conn: Connection) -> list[Row]:
    """The people of the demonstration city with their grants."""
    return every(conn.execute(_WITH_GRANTS.where(person.c.is_demo, person.c.active).order_by(person.c.id)))


def set_language(conn: Connection, person_id: int, language: str) -> None:
    """Keep the language that a person chose."""
    conn.execute(update(person).where(person.c.id == person_id).values(language=language))


def set_password(conn: Connection, person_id: int, password_hash: str, *, end_sessions: bool = True) -> None:
    """Store a new password hash, and by default end every session begun with the old one."""
    step = 1 if end_sessions else 0
    conn.execute(
        update(person)
        .where(person.c.id == person_id)
        .values(password_hash=password_hash, session_epoch=person.c.session_epoch + step)
    )


def dismiss(conn: Connection, person_id: int) -> None:
    """Let a person in no longer."""
    conn.execute(update(person).where(person.c.id == person_id).values(active=False))


def end_sessions(conn: Connection, person_id: int) -> None:
    """End every session of a person."""
    raised = update(person).where(person.c.id == person_id).values(session_epoch=person.c.session_epoch + 1)
    conn.execute(raised)


def add_token(conn: Connection, row: Mapping[str, Any]) -> None:
    """Store a token's digest."""
    conn.execute(insert(api_token).values(**row))


def remove_tokens(conn: Connection, person_id: int, name: str | None = None) -> int:
    """Delete the tokens of a person, or those with this name; gives how many there were."""
    statement = delete(api_token).where(api_token.c.person_id == person_id)
    if name is not None:
        statement = statement.where(api_token.c.name == name)
    return conn.execute(statement).rowcount
