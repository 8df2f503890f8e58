"""Counting statements where they leave the program: below SQLAlchemy, so that those of the job engine count as well."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor
from sqlalchemy import event

from engine.store.database import Database


class Count:
    """Counts the statements that a database's connections send; what begins and ends a transaction is none.

    Attributes:
        statements: so far; an insert of many rows by parameter sets is one for each set.
    """

    def __init__(self, database: Database) -> None:
        self.statements = 0
        count = self

        class Counting(Cursor[Any]):
            def execute(self, *arguments: Any, **options: Any) -> Any:
                count.statements += 1
                return super().execute(*arguments, **options)

            def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
                sets = list(params_seq)
                count.statements += len(sets)
                super().executemany(query, sets, **options)

        def connected(connection: Any, _record: object) -> None:
            connection.cursor_factory = Counting

        event.listen(database.engine, "connect", connected)
        # Connections made before this one counted are opened anew.
        database.engine.dispose()
