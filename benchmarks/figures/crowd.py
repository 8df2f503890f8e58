"""A crowd of cases, copied in bulk from real ones: what a city has stored after years, made within minutes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table

from benchmarks.lives.office import Office
from engine.store import cases, instances, log_entries, reports, timers, work_items

#: Tables of a case, and what is different in the copy number n; the rest is as in the case copied.
_SPREAD: Mapping[str, Mapping[str, str]] = {
    "case": {
        "id": "{cases} + n",
        "number": "'C' || {cases} + n",
        "lon": "t.lon + (n % 2000) * 1e-5",
        "lat": "t.lat + (n / 2000 % 2000) * 1e-5",
        "category": "(ARRAY['0101', '0102', '0103', '0201', '0301', '0405', '0501', '0601'])[1 + n % 8]",
        "opened_at": "t.opened_at - {past}",
        "filed_at": "t.filed_at - {past}",
        "due_at": "t.due_at - {past}",
        "handled_at": "t.handled_at - {past}",
        "closed_at": "t.closed_at - {past}",
    },
    "instance": {"id": "{instances} + n", "case_id": "{cases} + n", "changed_at": "t.changed_at - {past}"},
    "log_entry": {
        "case_id": "{cases} + n",
        "at": "t.at - {past}",
        "position": "nextval(pg_get_serial_sequence('log_entry', 'position'))",
    },
    "report": {
        "id": "{cases} + n",
        "case_id": "{cases} + n",
        "submission_key": "'copy ' || {cases} + n",
        "follow_digest": "sha256(({cases} + n)::text::bytea)",
        "reported_at": "t.reported_at - {past}",
    },
    "timer": {"case_id": "{cases} + n", "instance_id": "{instances} + n", "due_at": "{due}"},
    "work_item": {
        "id": "{items} + n * {steps} + t.id - {first}",
        "case_id": "{cases} + n",
        "instance_id": "{instances} + n",
        "created_at": "t.created_at - {past}",
        "ended_at": "t.ended_at - {past}",
        "due_at": "t.due_at - {past} + {ahead}",
        "role": "COALESCE(({roles})[1 + n % {people}], t.role)",
        "unit_id": "COALESCE(({units})[1 + n % {people}], t.unit_id)",
    },
}
_TABLES = (cases.case, instances.instance, reports.report, log_entries.log_entry, work_items.work_item)

#: Further tables that point to a case.
_WITH_TIMERS = (*_TABLES, timers.timer)


def copy(office: Office, case_id: int, count: int, *, offered: bool = False, due: str = "t.due_at") -> None:
    """Make copies of a case with all that belongs to it.

    They were opened over the year before the case copied; those that are offered go to all people of the town in turn,
    and are due from now on.

    Args:
        due: SQL for when the timers of copy number n are due.
    """
    pairs = sorted(office.town.actors)
    roles = ", ".join(f"'{role}'" for role, _ in pairs)
    units = ", ".join(str(unit_id) for _, unit_id in pairs)
    with office.database.engine.begin() as conn:
        conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
        # Copies of rows that were checked: neither references nor the rule that the log only grows is checked again.
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        places = {
            "cases": _highest(conn, cases.case),
            "instances": _highest(conn, instances.instance),
            "items": _highest(conn, work_items.work_item),
            **_items(conn, case_id),
            "past": f"n * interval '1 year' / {count}",
            "ahead": "interval '1 year' * 0.9" if offered else "interval '0'",
            "roles": f"ARRAY[{roles}]" if offered else "NULL::text[]",
            "units": f"ARRAY[{units}]" if offered else "NULL::bigint[]",
            "people": str(len(pairs)),
            "due": due,
        }
        for table in _WITH_TIMERS:
            conn.exec_driver_sql(_insert(table, places), {"case_id": case_id, "count": count})
        for table in _TABLES:
            if table is not log_entries.log_entry:
                conn.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), {max(1, _highest(conn, table))})"
                )


def settle(office: Office) -> None:
    """Bring statistics and the visibility of rows up to date, as the server's own housekeeping would in time."""
    with office.outside() as conn:
        conn.exec_driver_sql("VACUUM ANALYZE")
        conn.exec_driver_sql("CHECKPOINT")


def _items(conn: Connection, case_id: int) -> dict[str, int]:
    """The first work item of a case, and by how much the identifiers of a copy's must differ from another's."""
    query = "SELECT COALESCE(min(id), 0), COALESCE(max(id), 0) FROM work_item WHERE case_id = %(case_id)s"
    first, last = conn.exec_driver_sql(query, {"case_id": case_id}).one()
    return {"first": first, "steps": last - first + 1}


def _highest(conn: Connection, table: Table) -> int:
    return int(conn.exec_driver_sql(f'SELECT COALESCE(max(id), 0) FROM "{table.name}"').scalar_one())


def _insert(table: Table, places: Mapping[str, object]) -> str:
    spread = _SPREAD[table.name]
    names = [column.name for column in table.c]
    values = [
        spread[name].format(**places).replace("%", "%%") if name in spread else f"t.{name}" for name in names
    ]
    owner = "id" if table is cases.case else "case_id"
    return (
        f'INSERT INTO "{table.name}" ({", ".join(names)}) OVERRIDING SYSTEM VALUE SELECT {", ".join(values)} '
        f'FROM "{table.name}" t, generate_series(1, %(count)s) n WHERE t.{owner} = %(case_id)s'
    )
