"""Inboxes: the open work items of a person, from one narrow indexed table that is never joined to case data to list a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Select,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from engine.store.rows import Row, every
from engine.store.work_items import OPEN, work_item


@dataclass(frozen=True)
class Filter:
    """What a page of the inbox shows; empty fields do not filter.

    Attributes:
        offered: (role, unit id) pairs of the person.
        person_id: the person.
        view: ``mine`` (claimed by the person), ``group`` (offered, nobody's), ``all`` (both).
        stage, kind, category, unit_id, text: narrow the page further.
        due_before: only what is due before this instant.
    """

    offered: tuple[tuple[str, int], ...]
    person_id: int
    view: str = "all"
    stage: str = ""
    kind: str = ""
    category: str = ""
    unit_id: int | None = None
    text: str = ""
    due_before: datetime | None = None
    due_after: datetime | None = None

    def shape(self) -> Shape:
        """What the statements for this filter look like, whatever its values."""
        offered = 0 if self.view == "mine" else len(self._pairs())
        return Shape(self.view != "group", offered, tuple(self._narrowing()))

    def values(self) -> dict[str, Any]:
        """The parameters of the statements of its shape."""
        values: dict[str, Any] = {"person": self.person_id, **self._narrowing()}
        for place, (role, unit_id) in enumerate(self._pairs()):
            values |= {f"role_{place}": role, f"unit_{place}": unit_id}
        return values

    def _pairs(self) -> list[tuple[str, int]]:
        return [(role, unit_id) for role, unit_id in self.offered if self.unit_id in (None, unit_id)]

    def _narrowing(self) -> dict[str, Any]:
        """The conditions that narrow the page, by name, with their values."""
        pattern = ""
        if self.text:
            pattern = "%" + self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        given = {
            "stage": self.stage,
            "kind": self.kind,
            "category": self.category,
            "unit_id": self.unit_id,
            "pattern": pattern,
            "due_before": self.due_before,
            "due_after": self.due_after,
        }
        return {name: value for name, value in given.items() if value not in ("", None)}


@dataclass(frozen=True)
class Shape:
    """What statements look like; to build one costs several times what it costs to send it.

    Attributes:
        mine: whether what the person claimed is looked at.
        offered: how many pairs of role and unit are.
        narrowing: the conditions that narrow both.
    """

    mine: bool
    offered: int
    narrowing: tuple[str, ...]

    def parts(self) -> list[ColumnElement[bool]]:
        """The filter as conditions over open work items that no item fulfils two of: each is read by one index, in order."""
        parts: list[ColumnElement[bool]] = []
        if self.mine:
            parts.append(work_item.c.assignee_id == bindparam("person"))
        parts += [
            and_(
                work_item.c.assignee_id.is_(None),
                work_item.c.role == bindparam(f"role_{place}"),
                work_item.c.unit_id == bindparam(f"unit_{place}"),
            )
            for place in range(self.offered)
        ]
        narrowed = [_condition(name) for name in self.narrowing]
        return [and_(OPEN, part, *narrowed) for part in parts]


def _condition(name: str) -> ColumnElement[bool]:
    if name == "pattern":
        columns = (work_item.c.case_number, work_item.c.address, work_item.c.grid_code)
        return or_(*(column.ilike(bindparam(name)) for column in columns))
    if name == "due_before":
        return work_item.c.due_at < bindparam(name)
    if name == "due_after":
        return work_item.c.due_at >= bindparam(name)
    return work_item.c[name] == bindparam(name)


@lru_cache(maxsize=256)
def _page(shape: Shape, limit: int, behind: bool) -> Select[Any] | None:
    # A page of each part, and of these a page: no part is read further than that.
    portions = []
    for part in shape.parts():
        portion = select(work_item).where(part)
        if behind:
            begin = tuple_(bindparam("due", type_=work_item.c.due_at.type), bindparam("id", type_=BigInteger))
            portion = portion.where(tuple_(work_item.c.due_at, work_item.c.id) > begin)
        portions.append(portion.order_by(work_item.c.due_at, work_item.c.id).limit(limit))
    if not portions:
        return None
    found = union_all(*portions).subquery()
    return select(found).order_by(found.c.due_at, found.c.id).limit(limit)


def page(
    conn: Connection, wanted: Filter, *, limit: int, after: tuple[datetime, int] | None = None
) -> list[Row]:
    """One page of the inbox, what is due first first; `after` is (due, id) of the last line of the page before."""
    statement = _page(wanted.shape(), limit, after is not None)
    if statement is None:
        return []
    begin = dict(zip(("due", "id"), after, strict=True)) if after else {}
    return every(conn.execute(statement, {**wanted.values(), **begin}))


COUNTED = ("mine", "group", "soon", "overdue")


@lru_cache(maxsize=256)
def _counts(shape: Shape) -> Select[Any] | None:
    now: BindParameter[datetime] = bindparam("now")
    soon: BindParameter[datetime] = bindparam("soon")
    assignee, due = work_item.c.assignee_id, work_item.c.due_at
    counted = (
        func.count(assignee).label("mine"),
        func.count().filter(assignee.is_(None)).label("group"),
        func.count().filter(due.between(now, soon)).label("soon"),
        func.count().filter(due < now).label("overdue"),
    )
    # Each part is counted by itself, and only sums are put together.
    parts = [select(*counted).where(part) for part in shape.parts()]
    if not parts:
        return None
    found = union_all(*parts).subquery()
    sums: list[Any] = [cast(func.sum(found.c[name]), BigInteger).label(name) for name in COUNTED]
    return select(*sums)


def counts(conn: Connection, wanted: Filter, *, now: datetime, soon: datetime) -> Mapping[str, int]:
    """How many open work items a person has: ``mine``, ``group``, ``soon`` (due until then), ``overdue``."""
    statement = _counts(wanted.shape())
    if statement is None:
        return dict.fromkeys(COUNTED, 0)
    return dict(conn.execute(statement, {**wanted.values(), "now": now, "soon": soon}).mappings().one())
