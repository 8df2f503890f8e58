"""What was learned from past dispatches: models, which of them was in use from when on, and the lessons themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.engine import Connection

from engine.store.cases import case
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.rows import Row, every, first, number
from handlers.store.dispatch import dispatch_decision

REVISION = "dispatch_models"

dispatch_model = Table(
    "dispatch_model",
    metadata,
    identity(),
    instant("trained_at"),
    # How many past cases it was learned from.
    Column("lessons", Integer, nullable=False),
    # As `handlers.dispatch.learning.model.Model.pack` makes it; null once it is too old to come back.
    Column("content", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    # What was measured on the latest weeks, which it did not know then: in numbers, as a curve, and by category.
    Column("figures", JSONB, nullable=False),
)

dispatch_model_use = Table(
    "dispatch_model_use",
    metadata,
    # The last row says which model is in use. Rows are only added: it is the log of the swaps.
    identity(),
    Column("model_id", BigInteger, ForeignKey("dispatch_model.id"), nullable=False),
    instant("at"),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    Column("reason", Text, nullable=False),
    # Whether it stays until somebody chooses another, whatever is learned meanwhile.
    Column("held", Boolean, nullable=False),
)

_model, _use = dispatch_model.c, dispatch_model_use.c
_LAST_USE = select(dispatch_model_use).order_by(_use.id.desc()).limit(1).subquery()


def add(conn: Connection, row: Mapping[str, Any]) -> int:
    """Keep a model; gives its identifier."""
    return number(conn.execute(insert(dispatch_model).returning(_model.id), dict(row)))


def use(conn: Connection, row: Mapping[str, Any]) -> None:
    """Note which model is in use from now on."""
    conn.execute(insert(dispatch_model_use), dict(row))


def in_use(conn: Connection) -> Row | None:
    """The model in use with its content, and ``held``; None before anything was learned."""
    statement = select(dispatch_model, _LAST_USE.c.held).join(
        _LAST_USE, _LAST_USE.c.model_id == dispatch_model.c.id
    )
    return first(conn.execute(statement))


def read(conn: Connection, model_id: int) -> Row | None:
    """One model with its content."""
    return first(conn.execute(select(dispatch_model).where(_model.id == model_id)))


def held(conn: Connection) -> bool:
    """Whether the model in use stays until somebody chooses another; nobody chooses one until the transaction ends."""
    conn.execute(text(f"LOCK TABLE {dispatch_model_use.name} IN SHARE ROW EXCLUSIVE MODE"))
    return bool(conn.execute(select(_LAST_USE.c.held)).scalar())


def models(conn: Connection, limit: int) -> list[Row]:
    """The newest models without content; ``kept`` says whether it is there still, ``used`` whether it is the one in use.

    Of the figures there are only those of one line: the curves of all categories are half a megabyte a model.
    """
    figures = _model.figures.op("-")(array(["categories", "curve"])).label("figures")
    columns = (_model.id, _model.trained_at, _model.lessons, figures)
    used = (_model.id == select(_LAST_USE.c.model_id).scalar_subquery()).label("used")
    statement = select(*columns, _model.content.is_not(None).label("kept"), used)
    return every(conn.execute(statement.order_by(_model.id.desc()).limit(limit)))


def uses(conn: Connection, limit: int) -> list[Row]:
    """The latest swaps, newest first, with ``person_name``."""
    statement = select(dispatch_model_use, person.c.name.label("person_name")).outerjoin(
        person, person.c.id == _use.person_id
    )
    return every(conn.execute(statement.order_by(_use.id.desc()).limit(limit)))


def forget(conn: Connection, kept: int) -> int:
    """Throw away the content of all models but the newest and the one in use; gives of how many."""
    newest = select(_model.id).order_by(_model.id.desc()).limit(kept)
    statement = update(dispatch_model).where(
        _model.content.is_not(None), _model.id.not_in(newest), _model.id.not_in(select(_LAST_USE.c.model_id))
    )
    return conn.execute(statement.values(content=None)).rowcount


_KNOWN = (
    case.c.id,
    case.c.opened_at,
    case.c.channel,
    case.c.scheme,
    case.c.kind,
    case.c.category,
    case.c.condition_no,
    case.c.description,
    case.c.lon,
    case.c.lat,
    case.c.district_code,
    case.c.street_code,
    case.c.community_code,
)


def handled(conn: Connection, since: datetime, limit: int) -> list[Row]:
    """The latest cases that a unit handled and that were closed since then, as they were reported, with ``unit_id``."""
    statement = select(*_KNOWN, case.c.unit_id).where(
        case.c.status == "closed", case.c.closed_at >= since, case.c.unit_id.is_not(None)
    )
    return every(conn.execute(statement.order_by(case.c.closed_at.desc(), case.c.id.desc()).limit(limit)))


def returned(conn: Connection, since: datetime, limit: int) -> list[Row]:
    """The latest dispatches that a unit sent back as not its own: the case as it was reported, with ``unit_id`` of that unit."""
    decision = dispatch_decision.c
    statement = (
        select(*_KNOWN, decision.unit_id)
        .join(dispatch_decision, decision.case_id == case.c.id)
        .where(and_(decision.returned_at >= since, decision.unit_id.is_not(None)))
    )
    return every(conn.execute(statement.order_by(decision.returned_at.desc(), decision.id).limit(limit)))
