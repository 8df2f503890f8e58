"""A life: how a case of one process is opened, and what people decide at each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.store.unit_of_work import UnitOfWork
from handlers.scenarios.town import Town

Values = Mapping[str, Any]

HERE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Life:
    """The life of the cases of one process.

    Attributes:
        name: as the line of figures says it.
        folder: of its bundle.
        process: its key.
        open: opens case number n.
        steps: the values of each form of case number n, from its opening to its end.
        first: how many of the steps come before its loop.
        again: the values of each form of one round of the loop of case number n.
        start: the variables that its process starts with, where it runs without the engine.
    """

    name: str
    folder: Path
    process: str
    open: Callable[[UnitOfWork, Town, int], int]
    steps: Callable[[int], Sequence[Values]]
    first: int
    again: Callable[[int], Sequence[Values]]
