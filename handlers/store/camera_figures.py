"""How cameras and their watches do, in figures and in a list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

from engine.store.rows import Row, every

#: A camera is silent that gave no picture for three intervals and the minute in which what is known of it is written.
SILENT = "(state.frame_at IS NULL OR state.frame_at < :now - make_interval(secs => 3 * camera.interval + 75))"

_FIGURES = text(
    f"""
    SELECT 'cameras' AS name, label, count(*)::double precision AS value
        FROM (SELECT CASE WHEN camera.state = 'paused' THEN 'paused' WHEN {SILENT} THEN 'silent' ELSE 'seen' END AS label
              FROM camera LEFT JOIN camera_state AS state ON state.camera_id = camera.id
              WHERE camera.state <> 'removed') AS each
        GROUP BY label
    UNION ALL
    SELECT 'camera_alarms', kind, count(*) FROM camera_alarm WHERE ended_at IS NULL GROUP BY kind
    UNION ALL
    SELECT name, '', value
        FROM (SELECT sum(frames) AS frames, sum(late) AS late, sum(load) FILTER (WHERE seen_at > :now - interval '15 s') AS load,
                     count(*) FILTER (WHERE seen_at > :now - interval '15 s') AS stood FROM watch) AS counted,
             LATERAL (VALUES ('camera_frames', frames), ('camera_late', late), ('camera_watches', stood::numeric),
                             ('camera_load', load::numeric)) AS each (name, value)
        WHERE value IS NOT NULL
    """  # noqa: S608 - of constants alone
)
_LIST = text(
    f"""
    SELECT camera.*, unit.code AS unit_code, state.frame_at, state.frames, state.late, {SILENT} AS silent,
           ARRAY(SELECT kind FROM camera_alarm WHERE camera_id = camera.id AND ended_at IS NULL ORDER BY began_at) AS alarms
    FROM camera JOIN unit ON unit.id = camera.unit_id LEFT JOIN camera_state AS state ON state.camera_id = camera.id
    WHERE camera.state <> 'removed' ORDER BY camera.code
    """  # noqa: S608 - of constants alone
)


def read(conn: Connection, now: datetime) -> list[tuple[str, str, float]]:
    """All figures: name, label, value."""
    return [(row.name, row.label, float(row.value)) for row in conn.execute(_FIGURES, {"now": now})]


def of_cameras(conn: Connection, now: datetime) -> list[Row]:
    """All cameras with their unit (``unit_code``), last picture, counts, whether they are ``silent``, and open ``alarms``."""
    return every(conn.execute(_LIST, {"now": now}))
