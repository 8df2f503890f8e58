"""Writes: what commands change of their cases, gathered, and sent as one statement: of one case, or of many at once.

A statement costs the program and the database far more than the rows that it writes. So the state, the work items, the
timers, the document and the log of a step go out as the parts of one, which is built once for each combination of
parts that ever occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Executable, ScalarSelect, func, literal_column, select
from sqlalchemy.engine import Connection

from engine.store import cases, incidents, instances, log_entries, timers, work_items
from engine.store.rows import ChangeMany, Row
from engine.store.work_items import Ending, Follow

#: A part of a statement: its name, the statement that it would be by itself, and its parameters.
Part = tuple[str, Any, Mapping[str, Any]]

#: The columns of a case that are written together, sorted.
Names = tuple[str, ...]


@dataclass
class Writes:
    """What is to be written.

    Attributes:
        states: rows of ``instance`` as they shall be, with the ``version`` that was read.
        endings: how work items end, by the identifier of their instance.
        items: rows of new work items.
        follows: what open work items show of their cases now, by ``instance_id`` and ``task_id``.
        gone: timers that wait no more: identifier of the instance, id of the task.
        due: rows of timers, new or due at another time.
        entries: rows of the log.
        documents: changed columns of cases, by their identifiers.
        overtaken: subjects of incidents, if there are any, of what went on after all.
    """

    states: list[Row] = field(default_factory=list)
    endings: dict[int, Ending] = field(default_factory=dict)
    items: list[Row] = field(default_factory=list)
    follows: list[Row] = field(default_factory=list)
    gone: list[tuple[int, str]] = field(default_factory=list)
    due: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    documents: dict[int, dict[str, Any]] = field(default_factory=dict)
    overtaken: list[str] = field(default_factory=list)

    def change(self, case_id: int, values: Row) -> None:
        """Change columns of a case."""
        self.documents.setdefault(case_id, {}).update(values)

    def send(self, conn: Connection, now: datetime) -> bool:
        """Write everything; False if an instance or a work item was no longer as it was read."""
        parts = list(self._parts(now))
        if not parts:
            return True
        values = {name: value for _, _, given in parts for name, value in given.items()}
        found = conn.execute(_statement(parts), values).one()
        ended = sum(len(one.withdrawn) + (one.done is not None) for one in self.endings.values())
        return (found.states, found.endings) == (len(self.states), ended)

    def _parts(self, now: datetime) -> Iterator[Part]:
        if self.states:
            rows = [{**state, "changed_at": now} for state in self.states]
            yield "states", instances.SAVE.statement, instances.SAVE.values(rows)
        if self.endings:
            yield "endings", work_items.END, work_items.end_values(list(self.endings), self._ending(), now)
        if self.items:
            yield "items", work_items.ADD.statement, work_items.ADD.values(self.items)
        yield from self._follows()
        if self.gone:
            ids, tasks = zip(*self.gone, strict=True)
            given = {"timer_instances": list(ids), "timer_tasks": list(tasks)}
            yield "gone", timers.REMOVE, given
        if self.due:
            yield "due", timers.SET_DUE, {"due_timers": self.due}
        if self.overtaken:
            yield "overtaken", incidents.OVERTAKE, incidents.overtake_values(self.overtaken, now)
        if self.entries:
            yield "entries", log_entries.ADD.statement, log_entries.ADD.values(self.entries)
        yield from self._changes()

    def _ending(self) -> Ending:
        """How the items of all instances end; those of several are taken back by the program."""
        first, *others = self.endings.values()
        taken_back = replace(first, withdrawn=())
        if any(replace(one, withdrawn=()) != taken_back for one in others) or (others and first.done):
            raise ValueError("work items that several people do are ended one by one")
        return replace(
            first, withdrawn=tuple(task for one in self.endings.values() for task in one.withdrawn)
        )

    def _follows(self) -> Iterator[Part]:
        grouped: dict[Names, list[Row]] = {}
        for row in self.follows:
            grouped.setdefault(tuple(sorted(row.keys() - {"instance_id", "task_id"})), []).append(row)
        for place, names in enumerate(sorted(grouped)):
            follow = _follow(names, place)
            yield f"followed_{place}_{'_'.join(names)}", follow.statement, follow.values(grouped[names])

    def _changes(self) -> Iterator[Part]:
        grouped: dict[Names, list[Row]] = {}
        for case_id, values in self.documents.items():
            grouped.setdefault(tuple(sorted(values)), []).append({**values, "id": case_id})
        for place, names in enumerate(sorted(grouped)):
            change = _change(names, place)
            yield f"documents_{place}_{'_'.join(names)}", change.statement, change.values(grouped[names])


_changed: dict[tuple[Names, int], ChangeMany] = {}
_built: dict[tuple[str, ...], Executable] = {}


def _change(names: Names, place: int) -> ChangeMany:
    """The update of these columns of cases; one statement has several, each in a place of its own."""
    if (names, place) not in _changed:
        _changed[names, place] = ChangeMany(cases.case, names, place=place)
    return _changed[names, place]


@cache
def _follow(names: Names, place: int) -> Follow:
    """The update of these columns of work items."""
    return Follow(names, place)


def _statement(parts: list[Part]) -> Executable:
    """All parts as one statement; it gives how many ``states`` and ``endings`` it found."""
    shape = tuple(name for name, _, _ in parts)
    if shape not in _built:
        counted: dict[str, ScalarSelect[int]] = {}
        rest: list[CTE] = []
        for name, statement, _ in parts:
            if name in ("states", "endings"):
                part = statement.returning(literal_column("1")).cte(name)
                counted[name] = select(func.count()).select_from(part).scalar_subquery()
            else:
                rest.append(statement.cte(name.split("_")[0] + str(len(rest))))
        zero: ColumnElement[int] = literal_column("0")
        columns = (counted.get(name, zero).label(name) for name in ("states", "endings"))
        _built[shape] = select(*columns).add_cte(*rest)
    return _built[shape]
