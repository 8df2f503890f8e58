"""What the engine costs: one JSON line for the case with which other engines were measured, one for the city's own.

Run it in the checkout: ``python -m benchmarks.engine``, or ``--quick`` for a first look within a minute. Everything
happens on a PostgreSQL of its own in a temporary folder. Processor times are those of Python and of the database's
backends together, as the kernel counts them; wall times depend on what else the machine does, which the line says
(``load_before``, ``load_after``). ``docs/benchmarks.md`` says what each figure means.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import click

from benchmarks.figures import rework, steps, storage
from benchmarks.lives.city import CITY
from benchmarks.lives.life import Life
from benchmarks.lives.office import office
from benchmarks.lives.peers import PEERS
from benchmarks.measuring.line import load, say, tell
from benchmarks.measuring.server import server

LIVES = {life.name: life for life in (PEERS, CITY)}


@dataclass(frozen=True)
class Size:
    """How much of everything a run takes."""

    cases: int
    api_cases: int
    rework_cases: int


FULL = Size(cases=2000, api_cases=200, rework_cases=60)
QUICK = Size(cases=100, api_cases=30, rework_cases=6)


def measure(life: Life, size: Size) -> dict[str, object]:
    """All figures of one life."""
    began, before = time.monotonic(), load()
    with server() as own, office(own, life) as place:
        say(f"{life.name}: steps")
        steps.warm_up(place)
        empty = storage.sizes(place)
        found: dict[str, object] = dict(steps.figures(place, size.cases, size.api_cases))
        tables = storage.grown(empty, storage.sizes(place), place.opened - 10)
        found["bytes_per_finished_case"] = sum(tables.values())
        found["bytes_by_table"] = tables
        say(f"{life.name}: rework")
        found["flat_rework"] = rework.flat_rework(place, size.rework_cases)
    return {
        "case": life.name,
        **found,
        "load_before": before,
        "load_after": load(),
        "seconds": round(time.monotonic() - began),
    }


@click.command()
@click.option("--quick", is_flag=True, help="Fewer cases: a first look.")
@click.option("--case", "only", type=click.Choice(sorted(LIVES)), help="One of the two cases only.")
def main(quick: bool, only: str | None) -> None:
    """Measure the engine, and print a line of JSON for each case."""
    for name, life in LIVES.items():
        if only in (None, name):
            tell(measure(life, QUICK if quick else FULL))


if __name__ == "__main__":
    main()
