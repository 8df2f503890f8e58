"""How much waits, in figures for whoever runs the program: one statement that reads only what is open, due or waiting."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

#: Each figure by its name, a label (empty where the name says all) and its value. What the job engine writes carries the
#: database's time, so its ages are counted from the database's; ours are counted from the program's.
_FIGURES = text(
    """
    SELECT 'open_cases' AS name, stage AS label, count(*)::double precision AS value
        FROM "case" WHERE status = 'open' GROUP BY stage
    UNION ALL
    SELECT name, '', value
        FROM (SELECT count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue
              FROM work_item WHERE state = 'open') AS counted,
             LATERAL (VALUES ('open_work_items', open), ('overdue_work_items', overdue)) AS each (name, value)
    UNION ALL
    SELECT name, '', value
        FROM (SELECT count(*) AS overdue, coalesce(extract(epoch FROM :now - min(due_at)), 0) AS oldest
              FROM timer WHERE due_at <= :now) AS counted,
             LATERAL (VALUES ('overdue_timers', overdue), ('oldest_overdue_timer', oldest)) AS each (name, value)
    UNION ALL
    SELECT name, queue_name, value
        FROM (SELECT queue_name, count(*) AS waiting, min(scheduled_at) AS scheduled,
                     min(id) FILTER (WHERE scheduled_at IS NULL) AS first
              FROM procrastinate_jobs
              WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
              GROUP BY queue_name) AS queue,
             LATERAL (SELECT min(at) AS deferred FROM procrastinate_events WHERE job_id = queue.first) AS event,
             LATERAL (VALUES ('waiting_jobs', waiting::double precision),
                             ('oldest_waiting_job', extract(epoch FROM now() - least(scheduled, deferred))))
                 AS each (name, value)
    UNION ALL
    SELECT 'open_incidents', '', count(*) FROM incident LEFT JOIN instance ON instance.id = instance_id
        WHERE closed_at IS NULL AND (instance_id IS NULL OR instance.status = 'running')
    UNION ALL
    SELECT 'failed_jobs', '', count(*) FROM procrastinate_jobs WHERE status = 'failed'
    UNION ALL
    SELECT 'live_workers', '', count(*) FROM procrastinate_workers
        WHERE last_heartbeat > now() - make_interval(secs => :silence)
    UNION ALL
    SELECT 'newest_heartbeat', '', extract(epoch FROM now() - max(last_heartbeat))
        FROM procrastinate_workers HAVING count(*) > 0
    UNION ALL
    SELECT 'newest_anchor', '', extract(epoch FROM :now - at)
        FROM (SELECT at FROM log_anchor ORDER BY id DESC LIMIT 1) AS newest
    """
)

_LIVE = text(
    "SELECT EXISTS (SELECT FROM procrastinate_workers"
    " WHERE last_heartbeat > now() - make_interval(secs => :silence))"
)


def read(conn: Connection, now: datetime, silence: float) -> list[tuple[str, str, float]]:
    """All figures: name, label, value (a number, or an age in seconds).

    Args:
        silence: seconds after which a worker that said nothing is not counted as live.
    """
    # Whoever asks asks again soon: a database that is this slow is better left alone.
    conn.execute(text("SET LOCAL statement_timeout = '5s'"))
    found = conn.execute(_FIGURES, {"now": now, "silence": silence})
    return [(row.name, row.label, float(row.value)) for row in found]


def any_live_worker(conn: Connection, silence: float) -> bool:
    """Whether a worker gave a sign of life within so many seconds."""
    return bool(conn.execute(_LIVE, {"silence": silence}).scalar_one())
