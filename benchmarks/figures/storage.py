"""What a finished case takes on disk."""

from __future__ import annotations

from benchmarks.lives.office import Office

_SIZES = """
SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'
"""


def sizes(office: Office) -> dict[str, int]:
    """Bytes of each table with its indexes and its large values, after VACUUM."""
    with office.database.engine.connect() as conn:
        conn = conn.execution_options(isolation_level="AUTOCOMMIT")
        conn.exec_driver_sql("SET statement_timeout = 0")
        conn.exec_driver_sql("VACUUM")
        found = {row[0]: int(row[1]) for row in conn.exec_driver_sql(_SIZES)}
        conn.exec_driver_sql("RESET statement_timeout")
        return found


def grown(before: dict[str, int], after: dict[str, int], cases: int) -> dict[str, int]:
    """Bytes that each table grew by a case, those that did."""
    by_table = {name: round((size - before.get(name, 0)) / cases) for name, size in after.items()}
    return {name: size for name, size in sorted(by_table.items(), key=lambda one: -one[1]) if size > 0}
