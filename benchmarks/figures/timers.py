"""Timers and jobs with the worker and the scheduler running: how late, how many a second, and what operators feel of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import crowd
from benchmarks.lives.office import Item, Office, office
from benchmarks.lives.patience import PATIENCE
from benchmarks.measuring.line import say
from benchmarks.measuring.parts import parts
from benchmarks.measuring.server import Server
from benchmarks.measuring.spent import percentile
from engine.jobs import enqueue, job_app

#: Timers of the steady stream that fall due each second.
RATE = 200
#: How long anything is waited for before what is not done yet counts as that late.
PATIENCE_SECONDS = 120.0
#: Work items that the operators complete each second.
PACE = 5.0


@dataclass(frozen=True)
class Size:
    """How much of everything is measured.

    Attributes:
        waiting: timers that wait all the while.
        idle_seconds: for how long statements are counted while nothing is due.
        seconds: for how long `RATE` timers fall due a second.
        burst: timers that fall due at one instant.
        before_seconds: for how long operators work before the burst.
    """

    waiting: int
    idle_seconds: int
    seconds: int
    burst: int
    before_seconds: int
    jobs: int


def figures(server: Server, size: Size) -> dict[str, float]:
    """All figures of timers and jobs."""
    with office(server, PATIENCE) as place:
        _set(place, "track_commit_timestamp", "on")
        place.database.engine.dispose()
        server.stop()
        server.start()
        template = _template(place)
        with parts(server, "worker", "scheduler"):
            time.sleep(5.0)
            none = _idle_statements(place, size.idle_seconds)
            say(f"timers: {size.waiting} wait")
            crowd.copy(
                place, template, size.waiting, due="now() + interval '1 year' + n * interval '1 second'"
            )
            crowd.settle(place)
            some = _idle_statements(place, size.idle_seconds)
            found = {
                "waiting_timers": size.waiting,
                "sql_per_idle_tick": none,
                "idle_case_sql_per_tick": max(0.0, some - none) / size.waiting,
                "job_latency_p95_ms": _jobs(place, size.jobs),
            }
            say(f"timers: {RATE} a second for {size.seconds} s")
            first, due = _due(place, template, size.seconds * RATE, f"n * interval '{1 / RATE} second'")
            lags = _lags(place, first, size.seconds * RATE, lambda n: due + n / RATE)
            found["timer_lag_p99_ms"] = percentile(lags, 99) * 1e3
            found |= _burst(place, template, first, size)
        return found


def _template(place: Office) -> int:
    """A case whose timer is due by its state, and by its row in a year: copies fire when their rows say."""
    template = place.open()
    with place.database.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE timer SET due_at = now() + interval '1 year'")
    return template


def _burst(place: Office, template: int, fired: int, size: Size) -> dict[str, float]:
    say("timers: operators before the burst")
    items = (place.waiting(fired + n) for n in range(1, size.seconds * RATE + 1))
    until = time.time() + size.before_seconds
    before = _operate(place, items.__next__, lambda: time.time() > until)
    say(f"timers: {size.burst} at once")
    first, due = _due(place, template, size.burst, "interval '0'")
    time.sleep(max(0.0, due - time.time()))
    during = _operate(
        place,
        items.__next__,
        lambda: time.time() > due + 40 or _fired(place, first, size.burst) == size.burst,
    )
    lags = _lags(place, first, size.burst, lambda n: due)
    return {
        "timer_burst": size.burst,
        "timer_burst_per_s": size.burst / max(lags),
        "burst_p95_ms": percentile(during, 95) * 1e3,
        "burst_p95_ratio": percentile(during, 95) / percentile(before, 95),
    }


def _operate(place: Office, next_item: Callable[[], Item], over: Callable[[], bool]) -> list[float]:
    """Complete work items at the pace of operators until it is over; the wall time of each in seconds."""
    walls: list[float] = []
    while not walls or not over():
        item = next_item()
        began = time.perf_counter()
        place.complete(item, {})
        walls.append(time.perf_counter() - began)
        time.sleep(max(0.0, 1 / PACE - walls[-1]))
    return walls


def _due(place: Office, template: int, count: int, spread: str) -> tuple[int, float]:
    """Make cases whose timers fall due from a little later on; the last case before them, and from when on."""
    due = time.time() + 3 + count / 2000
    with place.database.engine.begin() as conn:
        last = conn.exec_driver_sql('SELECT max(id) FROM "case"').scalar_one()
    crowd.copy(place, template, count, due=f"to_timestamp({due}) + {spread}")
    return int(last), due


def _lags(place: Office, first: int, count: int, due: Callable[[int], float]) -> list[float]:
    """Seconds between when each timer was due and when its firing was committed, once all have fired."""
    until = time.time() + PATIENCE_SECONDS
    while _fired(place, first, count) < count and time.time() < until:
        time.sleep(0.5)
    query = """SELECT case_id, EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin))::float8 FROM instance
        WHERE case_id > %(first)s AND case_id <= %(last)s AND version > 1"""
    with place.database.engine.begin() as conn:
        at: dict[int, float] = dict(
            conn.exec_driver_sql(query, {"first": first, "last": first + count}).all()
        )
    # A case that was worked on since says when that was: it fired before, and is left out.
    return [at.get(first + n, until) - due(n) for n in range(1, count + 1)]


def _fired(place: Office, first: int, count: int) -> int:
    query = "SELECT count(*) FROM timer WHERE case_id > %(first)s AND case_id <= %(last)s"
    with place.database.engine.begin() as conn:
        left = conn.exec_driver_sql(query, {"first": first, "last": first + count}).scalar_one()
    return count - int(left)


def _jobs(place: Office, count: int) -> float:
    """Milliseconds from the commit that enqueued a job to its end, which 95 of 100 keep."""
    say(f"timers: {count} jobs")
    with place.database.engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE job_end (job_id bigint, at timestamptz)")
        conn.exec_driver_sql(
            "CREATE FUNCTION note_job_end() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO job_end VALUES (OLD.id, clock_timestamp()); RETURN OLD; END $$"
        )
        conn.exec_driver_sql(
            "CREATE TRIGGER job_ends AFTER DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION note_job_end()"
        )
    app = job_app(place.database)
    begun: dict[int, float] = {}
    for n in range(count):
        with place.database.unit_of_work() as uow:
            enqueue(uow, app, "jobs.retry_stalled", queueing_lock=f"benchmark {n}")
            query = "SELECT currval('procrastinate_jobs_id_seq')"
            job = int(uow.conn.exec_driver_sql(query).scalar_one())
        begun[job] = time.time()
        time.sleep(0.05)
    until = time.time() + 30
    ended: dict[int, float] = {}
    while not begun.keys() <= ended.keys() and time.time() < until:
        time.sleep(0.2)
        with place.database.engine.begin() as conn:
            query = "SELECT job_id, EXTRACT(EPOCH FROM at)::float8 FROM job_end"
            ended = dict(conn.exec_driver_sql(query).all())
    return percentile([ended.get(job, until) - at for job, at in begun.items()], 95) * 1e3


def _idle_statements(place: Office, seconds: float) -> float:
    """Statements that reach the server in a second while nothing is due, as its own log has them."""
    log = place.server.home / "postgres" / "server.log"
    _set(place, "log_statement", "all")
    time.sleep(1.0)
    begin = log.stat().st_size
    time.sleep(seconds)
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").splitlines()
    _set(place, "log_statement", "none")
    seen = [line for line in lines if " statement: " in line or " execute " in line]
    return sum(not line.endswith(("BEGIN", "COMMIT", "ROLLBACK")) for line in seen) / seconds


def _set(place: Office, name: str, value: str) -> None:
    with place.outside() as conn:
        conn.exec_driver_sql(f"ALTER SYSTEM SET {name} = '{value}'")
        conn.exec_driver_sql("SELECT pg_reload_conf()")
