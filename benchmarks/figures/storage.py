"""What a finished case takes on disk."""

from __future__ import annotations

from benchmarks.figures import steps
from benchmarks.lives.office import Office

_SIZES = """
SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'
"""


def figures(office: Office, cases: int) -> dict[str, object]:
    """The figures of single steps over some cases, and what these cases take when they are finished."""
    empty = sizes(office)
    found: dict[str, object] = dict(steps.figures(office, cases))
    tables = grown(empty, sizes(office), cases)
    return {**found, "bytes_per_finished_case": sum(tables.values()), "bytes_by_table": tables}


def sizes(office: Office) -> dict[str, int]:
    """Bytes of each table with its indexes and its large values, after VACUUM."""
    office.vacuum()
    with office.outside() as conn:
        return {row[0]: int(row[1]) for row in conn.exec_driver_sql(_SIZES)}


def grown(before: dict[str, int], after: dict[str, int], cases: int) -> dict[str, int]:
    """Bytes that each table grew by a case, those that did."""
    by_table = {name: round((size - before.get(name, 0)) / cases) for name, size in after.items()}
    return {name: size for name, size in sorted(by_table.items(), key=lambda one: -one[1]) if size > 0}
