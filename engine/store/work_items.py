"""Work items: what waits for people, one narrow indexed table; `engine.store.inboxes` lists it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    any_,
    bindparam,
    false,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy import case as either
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from engine.store.bundles import process_version
from engine.store.cases import case
from engine.store.instances import COLUMNS, instance
from engine.store.metadata import identity, instant, metadata
from engine.store.people import person
from engine.store.revisions import ALL
from engine.store.rows import Change, InsertMany, Row, every, first, records

work_item = Table(
    "work_item",
    metadata,
    identity(),
    Column("case_id", BigInteger, ForeignKey("case.id"), nullable=False),
    Column("instance_id", BigInteger, ForeignKey("instance.id"), nullable=False),
    # The id of the task in its process: what makes a work item the only one of its step.
    Column("task_id", Text, nullable=False),
    Column("element_id", Text, nullable=False),
    Column("role", Text, ForeignKey("role.code"), nullable=False),
    Column("unit_id", BigInteger, ForeignKey("unit.id"), nullable=False),
    Column("assignee_id", BigInteger, ForeignKey("person.id")),
    Column("state", Text, nullable=False),  # open | done | withdrawn
    Column("version", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    instant("created_at"),
    # Red is the due date itself.
    instant("due_at"),
    instant("yellow_at"),
    # Whether it is due with its case, and moves with the due date of the case.
    Column("follows_case", Boolean, nullable=False, server_default=false()),
    instant("paused_at", nullable=True),
    Column("urged", Integer, nullable=False, server_default="0"),
    Column("supervised", Integer, nullable=False, server_default="0"),
    instant("claimed_at", nullable=True),
    instant("ended_at", nullable=True),
    Column("ended_by", BigInteger, ForeignKey("person.id")),
    Column("submission_key", Text),
    # What a line of the inbox shows, copied so that listing needs no other table.
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("grid_code", Text),
    Column("channel", Text, nullable=False),
    UniqueConstraint("instance_id", "task_id"),
    # Who has it goes along, so that counting looks at nothing else.
    Index(
        "ix_work_item_inbox",
        *("role", "unit_id", "due_at", "id"),
        postgresql_include=["assignee_id"],
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_work_item_assignee", "assignee_id", "due_at", "id", postgresql_where=text("state = 'open'")),
    Index("ix_work_item_case_id", "case_id"),
)

#: The condition under which an item still waits.
OPEN = work_item.c.state == "open"
#: Adds new work items.
ADD = InsertMany(work_item, counted={"id"})
# Whoever ends an item raises its version: that of an open item is in no ended one.
_CHANGE = Change(work_item, versioned=True)


@dataclass(frozen=True)
class Ending:
    """How the work items of one step end.

    Attributes:
        done: identifier and version of the one that a person did; None where a message or a timer moved the case.
        withdrawn: task ids of those that the process took back.
    """

    done: tuple[int, int] | None
    withdrawn: tuple[str, ...]
    person_id: int | None
    submission_key: str | None = None


_IS_DONE = work_item.c.id == bindparam("done_id", type_=BigInteger)
#: Ends the work items of steps; takes what `end_values` gives.
END = (
    update(work_item)
    .where(
        work_item.c.instance_id == any_(bindparam("of_instances", type_=ARRAY(BigInteger))),
        OPEN,
        or_(
            and_(_IS_DONE, work_item.c.version == bindparam("done_version", type_=Integer)),
            work_item.c.task_id == any_(bindparam("withdrawn", type_=ARRAY(Text))),
        ),
    )
    .values(
        state=either((_IS_DONE, "done"), else_="withdrawn"),
        # Not named like the columns: a parameter with such a name would be written by every other update beside this one.
        ended_at=bindparam("ends_at"),
        ended_by=bindparam("ends_by"),
        submission_key=bindparam("ends_with_key"),
        version=work_item.c.version + 1,
    )
)


def end_values(instance_ids: Sequence[int], ending: Ending, now: datetime) -> dict[str, Any]:
    """The parameters of `END` for the steps of some instances; tasks have ids that no other instance has."""
    done_id, done_version = ending.done or (None, None)
    return {
        "of_instances": list(instance_ids),
        "done_id": done_id,
        "done_version": done_version,
        "withdrawn": list(ending.withdrawn),
        "ends_at": now,
        "ends_by": ending.person_id,
        "ends_with_key": ending.submission_key,
    }


_ASSIGNEE = person.alias("assignee")
_ENDER = person.alias("ender")
_NAMED = (
    select(work_item, _ASSIGNEE.c.name.label("assignee_name"), _ENDER.c.name.label("ended_by_name"))
    .outerjoin(_ASSIGNEE, _ASSIGNEE.c.id == work_item.c.assignee_id)
    .outerjoin(_ENDER, _ENDER.c.id == work_item.c.ended_by)
)
_READ = _NAMED.where(work_item.c.id == bindparam("item_id"))
_OPEN_OF_CASE = _NAMED.where(work_item.c.case_id == bindparam("case_id"), OPEN).order_by(work_item.c.id)


def read(conn: Connection, item_id: int) -> Row | None:
    """A work item with ``assignee_name`` and ``ended_by_name``."""
    return first(conn.execute(_READ, {"item_id": item_id}))


#: What commands look at; the rest of an item is copied from its case and its step.
_ITEM_COLUMNS = [
    work_item.c[name].label(f"item_{name}")
    for name in (
        *("id", "task_id", "element_id", "role", "unit_id", "assignee_id", "state", "version"),
        *("claimed_at", "ended_at", "ended_by", "submission_key"),
    )
]
_LOCK = (
    select(
        case,
        *COLUMNS,
        *_ITEM_COLUMNS,
        ALL,
        _ASSIGNEE.c.name.label("assignee_name"),
        _ENDER.c.name.label("ended_by_name"),
    )
    .join(case, case.c.id == work_item.c.case_id)
    .join(instance, instance.c.id == work_item.c.instance_id)
    .join(process_version, process_version.c.id == instance.c.process_version_id)
    .outerjoin(_ASSIGNEE, _ASSIGNEE.c.id == work_item.c.assignee_id)
    .outerjoin(_ENDER, _ENDER.c.id == work_item.c.ended_by)
    .where(work_item.c.id == bindparam("item_id"))
    .with_for_update(key_share=True, of=(case, instance))
)


def lock(conn: Connection, item_id: int) -> Row | None:
    """All that a command on a work item needs, in one statement: the item (``item_*``), its case and its instance.

    Case and instance are locked until the transaction ends, in this order everywhere, so that no two commands wait for
    each other. The item is not: its version tells whether it changed while this command waited for its case.
    """
    return first(conn.execute(_LOCK, {"item_id": item_id}))


def change(conn: Connection, item_id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Write columns of an open work item over the version that was read; False if it changed in between."""
    return _CHANGE.execute(conn, item_id, values, version)


#: Columns of a case that its open work items show too.
MIRRORED = ("priority", "urged", "supervised")
#: Of those that are due with their case, these as well.
FOLLOWED = ("due_at", "yellow_at", "paused_at")


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the changed columns of a case its open work items show."""
    return {name: values[name] for name in (*MIRRORED, *FOLLOWED) if name in values}


class Follow:
    """An update of open work items to what they show of their cases, each to values of its own.

    Their versions stay: who has one of them open may go on filling it in.

    Args:
        names: of the columns that are written, as `shown` gives them.
        place: of this update among those of one statement.
    """

    def __init__(self, names: Sequence[str], place: int) -> None:
        self._name = f"followed_{place}"
        rows = records(self._name, [work_item.c[name] for name in ("instance_id", "task_id", *names)])
        wanted = work_item.c.instance_id == any_(bindparam(f"{self._name}_of", type_=ARRAY(BigInteger)))
        one = and_(work_item.c.instance_id == rows.c.instance_id, work_item.c.task_id == rows.c.task_id)
        values = {name: _followed(name, rows.c[name]) for name in names}
        #: Takes what `values` gives.
        self.statement = update(work_item).where(one, wanted, OPEN).values(values)

    def values(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The parameters of the statement, for rows with their ``instance_id`` and ``task_id``."""
        return {self._name: rows, f"{self._name}_of": [row["instance_id"] for row in rows]}


def _followed(name: str, given: ColumnElement[Any]) -> ColumnElement[Any]:
    own = work_item.c[name]
    if name in MIRRORED:
        return given
    # An item is always due: where the due date of its case is taken away, it stays as it was.
    new = given if name == "paused_at" else func.coalesce(given, own)
    return either((work_item.c.follows_case, new), else_=own)


def open_of_case(conn: Connection, case_id: int) -> list[Row]:
    """The open work items of a case with ``assignee_name``, oldest first."""
    return every(conn.execute(_OPEN_OF_CASE, {"case_id": case_id}))


def was_offered(conn: Connection, case_id: int, offered: Sequence[tuple[str, int]], person_id: int) -> bool:
    """Whether any work item of the case, open or ended, was offered to these roles or held by the person."""
    condition = or_(
        work_item.c.assignee_id == person_id,
        work_item.c.ended_by == person_id,
        tuple_(work_item.c.role, work_item.c.unit_id).in_(list(offered)) if offered else text("false"),
    )
    statement = select(work_item.c.id).where(work_item.c.case_id == case_id, condition).limit(1)
    return conn.execute(statement).first() is not None


def reopen(conn: Connection, item_ids: Sequence[int]) -> int:
    """Let work items that the process took back wait again, each with the one who had it; gives how many did."""
    wanted = work_item.c.id == any_(bindparam("items", list(item_ids), type_=ARRAY(BigInteger)))
    statement = update(work_item).where(wanted, work_item.c.state == "withdrawn")
    values = {"state": "open", "ended_at": None, "ended_by": None, "version": work_item.c.version + 1}
    return conn.execute(statement.values(values)).rowcount
