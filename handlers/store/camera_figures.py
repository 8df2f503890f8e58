"""How cameras and their watches do, in figures and in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Boolean, Text, bindparam, text
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
_UNITS = text("SELECT DISTINCT unit_id FROM camera WHERE state <> 'removed'")

#: What a camera is said to be, in the order in which a list has them.
CONDITIONS = ("alarm", "silent", "paused", "well")
#: A camera is late if more than this share of its pictures was left out.
LATE = 0.01

_FOUND = f"""
    SELECT camera.id, camera.code, camera.name, camera.name_en, camera.unit_id, camera.made, camera.lon, camera.lat, state.frame_at,
           coalesce(state.frames, 0) AS frames, coalesce(state.late, 0) AS late, trouble.alarms, zoned.zones,
           CASE WHEN camera.state = 'paused' THEN 'paused' WHEN cardinality(trouble.alarms) > 0 THEN 'alarm'
                WHEN {SILENT} THEN 'silent' ELSE 'well' END AS condition
    FROM camera LEFT JOIN camera_state AS state ON state.camera_id = camera.id,
         LATERAL (SELECT ARRAY(SELECT kind FROM camera_alarm WHERE camera_id = camera.id AND ended_at IS NULL ORDER BY began_at)
                  AS alarms) AS trouble,
         LATERAL (SELECT count(*) FILTER (WHERE active) AS zones
                  FROM (SELECT DISTINCT ON (key) active FROM camera_zone WHERE camera_id = camera.id ORDER BY key, version DESC)
                  AS newest) AS zoned
    WHERE camera.state <> 'removed' AND camera.unit_id = ANY(:units)
        AND (:pattern = '' OR camera.code ILIKE :pattern OR camera.name ILIKE :pattern OR camera.name_en ILIKE :pattern)
        AND (:zones = '' OR (zoned.zones > 0) = (:zones = 'with'))
        AND (NOT :late OR coalesce(state.late, 0) > {LATE} * (coalesce(state.late, 0) + coalesce(state.frames, 0)))
    """  # noqa: S608 - of constants alone
_GIVEN = (
    bindparam("units", type_=ARRAY(BigInteger)),
    bindparam("pattern", type_=Text),
    bindparam("zones", type_=Text),
    bindparam("late", type_=Boolean),
)
_COUNTS = text(
    f"SELECT condition, count(*) AS cameras FROM ({_FOUND}) AS found GROUP BY condition"  # noqa: S608 - of constants alone
).bindparams(*_GIVEN)
_PAGE = text(
    f"""
    SELECT found.*, count(*) OVER () AS whole FROM ({_FOUND}) AS found
    WHERE :state = '' OR condition = :state OR :state = ANY(alarms)
    ORDER BY array_position(:conditions, condition), code OFFSET :skipped LIMIT :most
    """  # noqa: S608 - of constants alone
).bindparams(*_GIVEN, bindparam("conditions", type_=ARRAY(Text)), bindparam("state", type_=Text))


@dataclass(frozen=True)
class Wanted:
    """Which cameras a list is of.

    Attributes:
        text: a part of the code or of a name.
        state: one of `CONDITIONS`, or the kind of an alarm that is open; all without.
        zones: ``with`` or ``without`` zones; both if empty.
        late: only those of which more than `LATE` was left out.
    """

    text: str = ""
    state: str = ""
    zones: str = ""
    late: bool = False


def page(
    conn: Connection, now: datetime, unit_ids: Sequence[int], wanted: Wanted, skipped: int, most: int
) -> list[Row]:
    """Some cameras of units, those in trouble first: each with its ``condition``, open ``alarms``, number of ``zones`` and how many there are as a ``whole``."""
    given = _given(now, unit_ids, wanted) | {"state": wanted.state, "conditions": list(CONDITIONS)}
    return every(conn.execute(_PAGE, given | {"skipped": skipped, "most": most}))


def counts(conn: Connection, now: datetime, unit_ids: Sequence[int], wanted: Wanted) -> Mapping[str, int]:
    """How many cameras of units there are in each of `CONDITIONS`, whatever state is wanted."""
    found = {row.condition: row.cameras for row in conn.execute(_COUNTS, _given(now, unit_ids, wanted))}
    return {condition: found.get(condition, 0) for condition in CONDITIONS}


def units(conn: Connection) -> frozenset[int]:
    """The units that have a camera."""
    return frozenset(conn.execute(_UNITS).scalars())


def _given(now: datetime, unit_ids: Sequence[int], wanted: Wanted) -> dict[str, object]:
    escaped = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "now": now,
        "units": list(unit_ids),
        "pattern": f"%{escaped}%" if escaped else "",
        "zones": wanted.zones,
        "late": wanted.late,
    }


def read(conn: Connection, now: datetime) -> list[tuple[str, str, float]]:
    """All figures: name, label, value."""
    return [(row.name, row.label, float(row.value)) for row in conn.execute(_FIGURES, {"now": now})]


def of_cameras(conn: Connection, now: datetime) -> list[Row]:
    """All cameras with their unit (``unit_code``), last picture, counts, whether they are ``silent``, and open ``alarms``."""
    return every(conn.execute(_LIST, {"now": now}))
