"""Metrics for Prometheus: what waits, read from the database at the moment of the question, and how long steps take.

Steps are timed in each process of the server. `gridcase web` gives them a folder in common (``PROMETHEUS_MULTIPROC_DIR``), so that
whichever process is asked answers for all, and a process that was replaced has not counted in vain.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, current_app, g, request

from engine.errors import GridcaseError
from engine.readiness import SILENCE_SECONDS
from engine.store import figures
from engine.store.database import Database
from handlers.store import camera_figures
from web.installation import installation

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Histogram
    from prometheus_client.core import GaugeMetricFamily

logger = structlog.get_logger()

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_EXTENSION = "gridcase.metrics"

UP = ("gridcase_database_up", "1 if the database answered this question, 0 if it did not.")

#: By the name of the figure: the metric, what it says, and what its label is called.
GAUGES: Mapping[str, tuple[str, str, str]] = {
    "open_cases": ("gridcase_open_cases", "Open cases.", "stage"),
    "open_work_items": ("gridcase_open_work_items", "Work items that wait for a person.", ""),
    "overdue_work_items": ("gridcase_overdue_work_items", "Those of them that are past their due date.", ""),
    "overdue_timers": ("gridcase_overdue_timers", "Timers that are due and did not fire yet.", ""),
    "oldest_overdue_timer": (
        "gridcase_oldest_overdue_timer_seconds",
        "For how long the oldest of them has been due; 0 if there is none.",
        "",
    ),
    "waiting_jobs": ("gridcase_waiting_jobs", "Jobs that could begin and did not yet.", "queue"),
    "oldest_waiting_job": (
        "gridcase_oldest_waiting_job_seconds",
        "For how long the oldest of them has waited.",
        "queue",
    ),
    "open_incidents": ("gridcase_open_incidents", "Processes that stopped and wait for somebody.", ""),
    "failed_jobs": ("gridcase_failed_jobs", "Jobs that failed for good.", ""),
    "live_workers": (
        "gridcase_live_workers",
        f"Workers that gave a sign of life within {SILENCE_SECONDS:.0f} s.",
        "",
    ),
    "newest_heartbeat": (
        "gridcase_worker_heartbeat_seconds",
        "Since the last sign of life of any worker.",
        "",
    ),
    "cameras": (
        "gridcase_cameras",
        "Cameras by state: seen, silent (no picture came for three intervals and a minute), paused.",
        "state",
    ),
    "camera_alarms": ("gridcase_camera_alarms", "Open alarms of cameras.", "kind"),
    "camera_watches": ("gridcase_camera_watches", "Watches that gave a sign of life within 15 s.", ""),
    "camera_frames": ("gridcase_camera_frames", "Pictures that watches took, since ever.", ""),
    "camera_late": (
        "gridcase_camera_late",
        "Pictures that were left out because they were late, since ever.",
        "",
    ),
    "camera_load": (
        "gridcase_camera_load",
        "Processors that the watches take, without those that decode.",
        "",
    ),
    "newest_anchor": ("gridcase_anchor_age_seconds", "Since the logs were last anchored.", ""),
}

STEPS = ("gridcase_step_seconds", "Time from a request that moves a case to its answer.")

#: The requests that move a case, and what they do.
_STEPS: Mapping[str, str] = {
    "report.submit": "report",
    "api.report": "report",
    "work.complete": "complete",
    "api.complete_work_item": "complete",
    "work.act": "act",
    "api.act_on_case": "act",
}
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(frozen=True)
class _Instruments:
    """What one process counts by itself."""

    registry: CollectorRegistry
    steps: Histogram


def init_app(app: Flask) -> None:
    """Time the steps that an application takes."""
    # Imported this late because it decides at its import whether several processes are counted together.
    from prometheus_client import CollectorRegistry, Histogram

    registry = CollectorRegistry()
    steps = Histogram(*STEPS, ["step", "outcome"], buckets=_BUCKETS, registry=registry)
    app.extensions[_EXTENSION] = _Instruments(registry, steps)
    app.after_request(_count)


def _count(response: Response) -> Response:
    step = _STEPS.get(request.endpoint or "")
    if step is not None:
        instruments: _Instruments = current_app.extensions[_EXTENSION]
        took = time.perf_counter() - g.began
        instruments.steps.labels(step, _outcome(response.status_code)).observe(took)
    return response


def _outcome(status: int) -> str:
    if status < 400:
        return "done"
    if status == 409:
        return "conflict"
    return "refused" if status < 500 else "failed"


def exposition() -> tuple[bytes, str]:
    """All metrics as Prometheus reads them, and the media type of that."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    database = installation().database
    if os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        instruments: _Instruments = current_app.extensions[_EXTENSION]
        registry = instruments.registry
    gauges = CollectorRegistry()
    gauges.register(_Gauges(database))
    return generate_latest(gauges) + generate_latest(registry), CONTENT_TYPE_LATEST


class _Gauges:
    """Reads the figures when it is asked for them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures, or that the database gave none."""
        from prometheus_client.core import GaugeMetricFamily

        try:
            with self._database.unit_of_work() as uow:
                found = figures.read(uow.conn, uow.now, SILENCE_SECONDS)
                found += camera_figures.read(uow.conn, uow.now)
        except GridcaseError as error:
            logger.warning("no figures", reason=str(error))
            yield GaugeMetricFamily(*UP, value=0)
            return
        yield GaugeMetricFamily(*UP, value=1)
        for figure, (name, said, label) in GAUGES.items():
            family = GaugeMetricFamily(name, said, labels=[label] if label else [])
            for one, value, number in found:
                if one == figure:
                    family.add_metric([value] if label else [], number)
            yield family
