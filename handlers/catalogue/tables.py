"""Tables as they stand in a file, before anybody knows what their cells mean; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import Invalid
from engine.messages import Message

#: Of a file. The product's own catalogue has a fiftieth of it.
MAX_BYTES = 8 * 1024 * 1024
#: A catalogue of a large city has a tenth of it.
MAX_ROWS = 10_000
MAX_COLUMNS = 64
#: What is longer is no text of a catalogue; of a longer one only the beginning is kept.
MAX_CELL = 4_000
#: So many problems are told one by one, further ones counted.
MAX_PROBLEMS = 100
#: A file with more is not looked at further.
MANY_PROBLEMS = 5_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: what it says.
        number: whether a spreadsheet took it for a number, so that zeros before it are lost.
        wrong: why it has no text, as for a formula.
    """

    text: str
    number: bool = False
    wrong: Message | None = None


@dataclass(frozen=True)
class Table:
    """One table of a file.

    Attributes:
        place: what it is called when a problem in it is told: ``standards.csv``, or the name of a sheet.
        headings: of its columns.
        rows: each with its number in the file, from 2 on; those without any text are left out.
    """

    place: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Problem:
    """Something wrong at one place.

    Attributes:
        table: its place.
        row: None where it is about the whole table.
        column: its heading; empty where it is about a whole row or the whole table.
    """

    table: str
    row: int | None
    column: str
    said: Message

    @property
    def place(self) -> str:
        """Where it is, in one line."""
        place = self.table if self.row is None else f"{self.table} row {self.row}"
        return f"{place}, {self.column}" if self.column else place


@dataclass
class Problems:
    """Collects what is wrong.

    Attributes:
        found: the first of them, in the order in which they were found.
        count: of all.
    """

    found: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, table: str, row: int | None, column: str, said: Message) -> None:
        """Note one.

        Raises:
            Refused: there are so many that the file is none of ours.
        """
        self.count += 1
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(Problem(table, row, column, said))
        if self.count >= MANY_PROBLEMS:
            raise Refused(table, self)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)


class Refused(Invalid):
    """A catalogue that was not imported; ``fields`` has a message for each place.

    Args:
        source: what the file or folder is called.

    Attributes:
        problems: the first of them.
        count: of all.
    """

    def __init__(self, source: str, problems: Problems) -> None:
        self.problems, self.count = tuple(problems.found), problems.count
        fields: dict[str, str] = {}
        for problem in self.problems:
            fields.setdefault(problem.place, problem.said)
        told = "; ".join(f"{place}: {said}" for place, said in list(fields.items())[:50])
        message = Message(
            "The catalogue in %(folder)s was not imported, %(count)d problem(s): %(told)s",
            folder=source,
            count=self.count,
            told=told,
        )
        super().__init__(message, fields)
