"""What work costs: processor time of Python and of the database's backends, wall time, statements and commits."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event

from benchmarks.measuring.server import Server
from benchmarks.measuring.statements import Count
from engine.store.database import Database


@dataclass
class Spent:
    """What some pieces of work cost together; times in seconds.

    Attributes:
        walls: of each piece.
    """

    python: float = 0.0
    backends: float = 0.0
    statements: int = 0
    commits: int = 0
    walls: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        """Processor time of one piece, of Python and the backends together, in ms."""
        return (self.python + self.backends) * 1e3 / len(self.walls)

    @property
    def python_ms(self) -> float:
        """The part of it that was Python's, in ms."""
        return self.python * 1e3 / len(self.walls)

    @property
    def median_ms(self) -> float:
        """Wall time of one piece, the median, in ms."""
        return statistics.median(self.walls) * 1e3

    @property
    def p95_ms(self) -> float:
        """Wall time that 95 of 100 pieces kept, in ms."""
        return percentile(self.walls, 95) * 1e3


class Meter:
    """Measures pieces of work on the database of a run."""

    def __init__(self, server: Server, database: Database) -> None:
        self._server = server
        self._count = Count(database)
        self._commits = 0
        event.listen(database.engine, "commit", self._commit)

    @contextmanager
    def into(self, spent: Spent) -> Iterator[Callable[[Callable[[], object]], None]]:
        """Add up the pieces of work that are given to what this yields.

        The backends are looked at around the whole block only, which does nothing else on the database.
        """
        before, statements, commits = self._server.backends(), self._count.statements, self._commits

        def piece(work: Callable[[], object]) -> None:
            began, cpu = time.perf_counter(), time.process_time()
            work()
            spent.python += time.process_time() - cpu
            spent.walls.append(time.perf_counter() - began)

        yield piece
        after = self._server.backends()
        spent.backends += sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
        spent.statements += self._count.statements - statements
        spent.commits += self._commits - commits

    def _commit(self, _conn: object) -> None:
        self._commits += 1


def percentile(values: list[float], share: float) -> float:
    """The value that this share of a hundred keeps, by the nearest rank."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]
