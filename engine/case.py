"""The case that a command works on: the document as it was read, what was changed in it, and what the log will say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from engine import program_log
from engine.actors import Actor
from engine.log import Entry, chained
from engine.store import cases
from engine.store.unit_of_work import UnitOfWork

_FIXED = {"id", "platform_id", "number", "opened_at", "log_seq", "log_hash"}


class Case:
    """One case inside one unit of work.

    Columns of the document are read as attributes (``case.lon``). `set` changes them, `record` adds to the log, and
    `save` writes both at the end of the command, with all else that it changed.

    Args:
        uow: the unit of work.
        document: the row of the case, locked.
        actor: on whose behalf the command runs.
    """

    def __init__(self, uow: UnitOfWork, document: Mapping[str, Any], actor: Actor) -> None:
        self.uow = uow
        self.actor = actor
        self._document = {column.name: document[column.name] for column in cases.case.c}
        self._changes: dict[str, Any] = {}
        self._entries: list[Entry] = []
        program_log.note(case=document["number"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._changes.get(name, self._document[name])
        except KeyError:
            raise AttributeError(f"a case has no column {name}") from None

    @property
    def now(self) -> datetime:
        """The instant of the command."""
        return self.uow.now

    @property
    def document(self) -> Mapping[str, Any]:
        """All columns as they stand now."""
        return {**self._document, **self._changes}

    @property
    def before(self) -> Mapping[str, Any]:
        """All columns as they stood before this command."""
        return dict(self._document)

    @property
    def entries(self) -> Sequence[Entry]:
        """What was recorded in this command and is not yet saved."""
        return tuple(self._entries)

    @property
    def changes(self) -> Mapping[str, Any]:
        """The columns that were changed and are not yet saved, with their new values."""
        return dict(self._changes)

    def set(self, **values: Any) -> None:
        """Change columns of the document.

        Raises:
            AttributeError: there is no such column, or it never changes.
        """
        for name, value in values.items():
            if name in _FIXED or name not in self._document:
                raise AttributeError(f"{name} is no column of a case that can be changed")
            if self._document[name] != value:
                self._changes[name] = value
            else:
                self._changes.pop(name, None)

    def record(
        self,
        action: str,
        element_id: str | None = None,
        data: Mapping[str, Any] | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Add an entry to the log: written with `save`, never changed after."""
        by = actor or self.actor
        self._entries.append(Entry(self.now, by.person_id, by.name, action, element_id, dict(data or {})))

    def save(self) -> None:
        """Write the changed columns and the new log entries."""
        rows = chained(self.id, self._document["log_seq"], self._document["log_hash"], self._entries)
        if rows:
            self.uow.writes.entries += rows
            self._changes.update(log_seq=rows[-1]["seq"], log_hash=rows[-1]["hash"])
        if self._changes:
            self.uow.writes.change(self.id, self._changes)
        self.uow.send()
        self._document.update(self._changes)
        self._changes, self._entries = {}, []

    @property
    def variables(self) -> dict[str, Any]:
        """The few short values that every diagram starts with.

        ``confirmed`` says whether somebody has seen that the report is right; only whoever opens a case can say so.
        """
        names = ("channel", "scheme", "kind", "category", "condition_no", "priority")
        start: dict[str, Any] = orjson.loads(orjson.dumps({name: getattr(self, name) for name in names}))
        return {**start, "confirmed": False}
