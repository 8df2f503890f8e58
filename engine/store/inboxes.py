"""Inboxes: the open work items of a person, from one narrow indexed table that is never joined to case data to list a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, tuple_, union_all
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

    def parts(self) -> list[ColumnElement[bool]]:
        """The filter as conditions over open work items that no item fulfils two of: each is read by one index, in order."""
        parts: list[ColumnElement[bool]] = []
        if self.view != "group":
            parts.append(work_item.c.assignee_id == self.person_id)
        if self.view != "mine":
            parts += [
                and_(
                    work_item.c.assignee_id.is_(None),
                    work_item.c.role == role,
                    work_item.c.unit_id == unit_id,
                )
                for role, unit_id in self.offered
                if self.unit_id in (None, unit_id)
            ]
        narrowed = list(self._narrowed())
        return [and_(OPEN, part, *narrowed) for part in parts]

    def _narrowed(self) -> Iterator[ColumnElement[bool]]:
        for name in ("stage", "kind", "category"):
            if wanted := getattr(self, name):
                yield work_item.c[name] == wanted
        if self.unit_id is not None:
            yield work_item.c.unit_id == self.unit_id
        if self.text:
            pattern = "%" + self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            columns = (work_item.c.case_number, work_item.c.address, work_item.c.grid_code)
            yield or_(*(column.ilike(pattern) for column in columns))
        if self.due_before is not None:
            yield work_item.c.due_at < self.due_before
        if self.due_after is not None:
            yield work_item.c.due_at >= self.due_after


def page(
    conn: Connection, wanted: Filter, *, limit: int, after: tuple[datetime, int] | None = None
) -> list[Row]:
    """One page of the inbox, what is due first first; `after` is (due, id) of the last line of the page before."""
    # A page of each part, and of these a page: no part is read further than that.
    portions = []
    for part in wanted.parts():
        portion = select(work_item).where(part)
        if after is not None:
            portion = portion.where(tuple_(work_item.c.due_at, work_item.c.id) > after)
        portions.append(portion.order_by(work_item.c.due_at, work_item.c.id).limit(limit))
    if not portions:
        return []
    found = union_all(*portions).subquery()
    return every(conn.execute(select(found).order_by(found.c.due_at, found.c.id).limit(limit)))


def counts(conn: Connection, wanted: Filter, *, now: datetime, soon: datetime) -> Mapping[str, int]:
    """How many open work items a person has: ``mine``, ``group``, ``soon`` (due until then), ``overdue``."""
    parts = [select(work_item.c.due_at, work_item.c.assignee_id).where(part) for part in wanted.parts()]
    if not parts:
        return dict.fromkeys(("mine", "group", "soon", "overdue"), 0)
    found = union_all(*parts).subquery()
    statement = select(
        func.count(found.c.assignee_id).label("mine"),
        func.count().filter(found.c.assignee_id.is_(None)).label("group"),
        func.count().filter(found.c.due_at.between(now, soon)).label("soon"),
        func.count().filter(found.c.due_at < now).label("overdue"),
    )
    return dict(conn.execute(statement).mappings().one())
