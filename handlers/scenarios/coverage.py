"""Element coverage: which elements and sequence flows of each process the scenarios have passed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn import ProcessInfo


@dataclass(frozen=True)
class Coverage:
    """The coverage of one process.

    Attributes:
        file: of its diagram.
        passed: how many of its elements were passed.
        total: how many can be.
        missed: those that were not, as a designer finds them: identifier, and the name where there is one.
    """

    file: str
    passed: int
    total: int
    missed: tuple[str, ...]

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return 100 * self.passed // self.total if self.total else 100

    def __str__(self) -> str:
        """One line."""
        return f"{self.file}: {self.passed} of {self.total} elements, {self.percent} %"


def coverage(process: ProcessInfo, visited: Iterable[str]) -> Coverage:
    """The coverage of a process by all that was visited."""
    missed = sorted(process.coverable - frozenset(visited))
    total = len(process.coverable)
    return Coverage(process.file, total - len(missed), total, tuple(_told(process, one) for one in missed))


def _told(process: ProcessInfo, element_id: str) -> str:
    element = process.elements.get(element_id)
    return f"{element_id} ({element.name})" if element and element.name else element_id
