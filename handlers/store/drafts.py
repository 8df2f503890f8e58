"""Drafts: the rows that a layer is to have from an instant on, laid beside the layer, compared with it, and put in force.

A draft is a table of the transaction alone, filled by COPY, so that a million rows take little more than their bytes. What
held before is not written over: its row ends where the draft's begins, and a row that says the same as before stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.engine import Connection

from engine.store.rows import Row, every, number
from handlers.store.layer_changes import Changes, Ending
from handlers.store.validity import holds, portions

NEW, SAME, CHANGED = 0, 1, 2
_TIMES = ("valid_from", "valid_to")
# How many rows are compared in memory at once.
_AT_ONCE = 5000


class Draft:
    """Rows that a layer is to have.

    Args:
        conn: the connection, inside a transaction; one draft at a time.
        table: the layer's.
        key: the columns that say which thing a row is about.
        constants: columns with one value for all rows, by which the layer is told from others in the same table.
    """

    def __init__(
        self, conn: Connection, table: Table, key: Sequence[str], constants: Mapping[str, Any] | None = None
    ) -> None:
        self._conn = conn
        self._table = table
        self._constants = dict(constants or {})
        self._key = [name for name in key if name not in self._constants]
        left_out = {"id", *_TIMES, *self._constants}
        self._content = [column.name for column in table.c if column.name not in left_out]
        self._draft = _lay(conn, table, self._content)
        self._counted = False

    @property
    def content(self) -> Sequence[str]:
        """The columns that a row of the draft must have, besides ``row``, its number in the file."""
        return self._content

    def add(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Add rows, each with the columns of `content` and its ``row``; gives how many."""
        names = [*self._content, "row"]
        count = 0
        columns = text(", ".join(names)).text
        driver: Any = self._conn.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY layer_draft ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
                count += 1
        self._counted = False
        return count

    def doubles(self, limit: int) -> list[Row]:
        """Keys that stand twice: the key's columns, ``row`` of the first and ``again`` of the last, by row."""
        self._count()
        draft = self._draft
        keys = [draft.c[name] for name in self._key]
        statement = (
            select(*keys, func.min(draft.c.row).label("row"), func.max(draft.c.row).label("again"))
            .group_by(*keys)
            .having(func.count() > 1)
            .order_by("row")
            .limit(limit)
        )
        return every(self._conn.execute(statement))

    def lacking(self, column: str, known: Select[Any], limit: int) -> list[Row]:
        """Rows whose value of a column is not among those known: ``row`` and ``value``.

        Args:
            known: selects one column of text.
        """
        self._count()
        draft, one = self._draft, known.subquery()
        missing = ~exists(select(literal(1)).where(one.c[0] == draft.c[column]))
        statement = select(draft.c.row, draft.c[column].label("value")).where(missing)
        return every(self._conn.execute(statement.order_by(draft.c.row).limit(limit)))

    def values(self, column: str) -> list[str]:
        """The values of a column, each once, in order."""
        draft = self._draft
        return [
            row[column]
            for row in every(self._conn.execute(select(draft.c[column]).distinct().order_by(draft.c[column])))
        ]

    def compare(self, at: datetime, same_outline: Callable[[bytes, bytes], bool]) -> None:
        """Find out which rows are new, which say the same as what holds at an instant, and which change it.

        Args:
            same_outline: whether two outlines whose bytes differ are the same all the same.
        """
        self._count()
        draft, table = self._draft, self._table
        equal = [table.c[name] == draft.c[name] for name in self._content]
        found = case((and_(*equal), SAME), else_=CHANGED)
        self._conn.execute(update(draft).values(verdict=found).where(self._match(table), self._held(at)))
        if "outline" in self._content:
            self._compare_outlines(at, same_outline)

    def _compare_outlines(self, at: datetime, same_outline: Callable[[bytes, bytes], bool]) -> None:
        draft, table = self._draft, self._table
        rest = [table.c[name] == draft.c[name] for name in self._content if name != "outline"]
        both = select(draft.c.row, draft.c.outline, table.c.outline.label("held")).where(
            self._match(table), self._held(at), draft.c.verdict == CHANGED, *rest
        )
        pairs = portions(self._conn, both)
        alike = [row["row"] for row in pairs if same_outline(bytes(row["outline"]), bytes(row["held"]))]
        for some in _chunks(alike):
            self._conn.execute(update(draft).values(verdict=SAME).where(draft.c.row.in_(some)))

    def changes(self, at: datetime, *, ending: Ending | None, listed: int) -> Changes:
        """What it would change from an instant on; ask after `compare`.

        Args:
            ending: which rows end where they are missing here; None ends none.
            listed: how many codes are named of each sort.
        """
        states = select(self._draft.c.verdict, func.count().label("count")).group_by(self._draft.c.verdict)
        counts = {row["verdict"]: row["count"] for row in every(self._conn.execute(states))}
        ended = [] if ending is None else self._codes(self._ending(at, ending), self._table, listed)
        count = (
            0
            if ending is None
            else number(
                self._conn.execute(
                    select(func.count()).select_from(self._table).where(self._ending(at, ending))
                )
            )
        )
        return Changes(
            added=counts.get(NEW, 0),
            changed=counts.get(CHANGED, 0),
            ended=count,
            unchanged=counts.get(SAME, 0),
            added_codes=tuple(self._codes(self._draft.c.verdict == NEW, self._draft, listed)),
            changed_codes=tuple(self._codes(self._draft.c.verdict == CHANGED, self._draft, listed)),
            ended_codes=tuple(ended),
        )

    def collisions(self, at: datetime, *, ending: Ending | None, listed: int) -> list[str]:
        """Codes whose row began at this very instant and is to be another one from then on: no time is left in which it held."""
        began = self._table.c.valid_from == at
        changed = exists(select(literal(1)).where(self._match(self._table), self._draft.c.verdict == CHANGED))
        which = changed if ending is None else or_(changed, and_(self._may_end(ending), ~self._in_draft()))
        return self._codes(and_(self._scope(), self._held(at), began, which), self._table, listed)

    def put_in_force(self, at: datetime, *, ending: Ending | None) -> None:
        """End what is changed or missing, and begin what is new, at an instant; ask after `compare`."""
        draft, table = self._draft, self._table
        held, later = table.alias("held"), self._later(at)
        # What was planned to end, or to be another from a later instant on, still is.
        until = func.coalesce(held.c.valid_to, later.c.valid_from)
        source = (
            select(
                *(literal(value) for value in self._constants.values()),
                *(draft.c[name] for name in self._content),
                literal(at, table.c.valid_from.type),
                until,
            )
            .select_from(
                draft.outerjoin(held, and_(self._match(held), holds(held, at))).outerjoin(
                    later, and_(true(), *(later.c[name] == draft.c[name] for name in self._key))
                )
            )
            .where(draft.c.verdict != SAME)
        )
        self._conn.execute(insert(table).from_select([*self._constants, *self._content, *_TIMES], source))
        older = and_(self._held(at), table.c.valid_from < at)
        changed = and_(self._match(table), draft.c.verdict == CHANGED)
        self._conn.execute(update(table).values(valid_to=at).where(changed, older))
        if ending is not None:
            self._conn.execute(update(table).values(valid_to=at).where(self._ending(at, ending), older))

    def _later(self, at: datetime) -> Any:
        """The first instant after another at which each thing has another row."""
        table = self._table
        keys = [table.c[name] for name in self._key]
        return (
            select(*keys, func.min(table.c.valid_from).label("valid_from"))
            .where(self._scope(), table.c.valid_from > at)
            .group_by(*keys)
            .subquery("later")
        )

    def _ending(self, at: datetime, ending: Ending) -> ColumnElement[bool]:
        return and_(self._scope(), self._held(at), self._may_end(ending), ~self._in_draft())

    def _may_end(self, ending: Ending) -> ColumnElement[bool]:
        columns = self._table.c
        within = or_(*(columns.code.startswith(one, autoescape=True) for one in ending.within))
        if ending.professions is None:
            return within
        return and_(within, columns.profession.in_(ending.professions))

    def _in_draft(self) -> ColumnElement[bool]:
        return exists(select(literal(1)).where(self._match(self._table)))

    def _held(self, at: datetime) -> ColumnElement[bool]:
        return holds(self._table, at)

    def _scope(self, table: Any = None) -> ColumnElement[bool]:
        columns = (self._table if table is None else table).c
        return and_(true(), *(columns[name] == value for name, value in self._constants.items()))

    def _match(self, table: Any) -> ColumnElement[bool]:
        return and_(self._scope(table), *(table.c[name] == self._draft.c[name] for name in self._key))

    def _codes(self, which: ColumnElement[bool], source: Table, listed: int) -> list[str]:
        statement = select(source.c.code).where(which).order_by(source.c.code).limit(listed)
        return [row["code"] for row in every(self._conn.execute(statement))]

    def _count(self) -> None:
        """Let the database count what was added, or it plans for a handful of rows."""
        if not self._counted:
            self._conn.execute(text("ANALYZE layer_draft"))
            self._counted = True


def _lay(conn: Connection, table: Table, content: Sequence[str]) -> Table:
    conn.execute(text("DROP TABLE IF EXISTS pg_temp.layer_draft"))
    draft = Table(
        "layer_draft",
        MetaData(),
        *(Column(name, table.c[name].type, nullable=False) for name in content),
        Column("row", Integer, primary_key=True, autoincrement=False),
        Column("verdict", SmallInteger, nullable=False, server_default=str(NEW)),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    draft.create(conn)
    return draft


def _chunks(rows: Sequence[int]) -> Iterator[list[int]]:
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some
