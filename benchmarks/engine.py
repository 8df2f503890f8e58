"""What the engine costs: a JSON line for the case with which other engines were measured, one for the city's own, and one
for timers and jobs.

Run it in the checkout: ``python -m benchmarks.engine``, or ``--quick`` for a first look within a minute. Everything
happens on a PostgreSQL of its own in a temporary folder. Processor times are those of Python and of the database's
backends together, as the kernel counts them; wall times depend on what else the machine does, which the line says
(``load_before``, ``load_after``).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import click

from benchmarks.figures import many, rework, steps, storage, timers
from benchmarks.figures.raw import raw_engine_cpu_ms
from benchmarks.lives.city import CITY
from benchmarks.lives.life import Life
from benchmarks.lives.office import office
from benchmarks.lives.peers import PEERS
from benchmarks.measuring.line import load, said_nowhere, say, tell
from benchmarks.measuring.server import server

LIVES = {life.name: life for life in (PEERS, CITY)}


@dataclass(frozen=True)
class Size:
    """How much of everything a run takes.

    Attributes:
        stored, open: cases beside which a step is measured.
    """

    cases: int
    api_cases: int
    rework_cases: int
    beside_cases: int
    stored: int
    open: int
    pages: int
    raw_cases: int
    timers: timers.Size


FULL = Size(
    cases=2000,
    api_cases=200,
    rework_cases=20,
    beside_cases=300,
    stored=1_000_000,
    open=100_000,
    pages=100,
    raw_cases=200,
    timers=timers.Size(
        waiting=100_000, idle_seconds=15, seconds=30, burst=10_000, before_seconds=30, jobs=200
    ),
)
#: The city's steps take longer, and stand beside fewer cases, so that a run ends within ten minutes on two processors.
CITY_FULL = replace(FULL, cases=500, api_cases=100, stored=200_000)
QUICK = Size(
    cases=40,
    api_cases=15,
    rework_cases=2,
    beside_cases=20,
    stored=3000,
    open=1500,
    pages=10,
    raw_cases=20,
    timers=timers.Size(waiting=1000, idle_seconds=3, seconds=2, burst=200, before_seconds=3, jobs=20),
)


def of_steps(life: Life, size: Size) -> dict[str, object]:
    """The figures of steps of one life, on an empty database and beside many cases."""
    with server() as own, office(own, life) as place:
        say(f"{life.name}: steps")
        steps.warm_up(place)
        found: dict[str, object] = dict(storage.figures(place, size.cases))
        found |= steps.by_api(place, size.api_cases)
        raw = raw_engine_cpu_ms(place, size.raw_cases)
        found["raw_engine_cpu_ms"] = raw
        found["ratio_to_raw"] = cast(float, found["complete_cpu_ms"]) / raw
        say(f"{life.name}: rework")
        found["flat_rework"] = rework.flat_rework(place, size.rework_cases)
        with server() as other, office(other, life) as empty:
            crowd = (size.stored, size.open, size.beside_cases, size.pages)
            found |= many.figures(place, empty, *crowd)
    return found


def of_timers(size: Size) -> dict[str, object]:
    """The figures of timers and jobs."""
    with server() as own:
        return dict(timers.figures(own, size.timers))


def measure(work: Callable[[], dict[str, object]], name: str) -> dict[str, object]:
    """The figures of some work with the name of the case, and how busy the machine was."""
    began, before = time.monotonic(), load()
    found = work()
    busy = {"load_before": before, "load_after": load(), "processors": os.cpu_count()}
    return {"case": name, **found, **busy, "seconds": round(time.monotonic() - began)}


@click.command()
@click.option("--quick", is_flag=True, help="Fewer of everything: a first look.")
@click.option("--only", type=click.Choice([*LIVES, "timers"]), help="One line only.")
def main(quick: bool, only: str | None) -> None:
    """Measure the engine, and print a line of JSON for each case."""
    # Whoever stops a run stops its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with said_nowhere():
        for name, life in LIVES.items():
            if only in (None, name):
                size = QUICK if quick else CITY_FULL if life is CITY else FULL
                tell(measure(partial(of_steps, life, size), name))
        if only in (None, "timers"):
            tell(measure(partial(of_timers, QUICK if quick else FULL), "timers"))


if __name__ == "__main__":
    main()
