"""What is wrong with a diagram, where it is, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Finding:
    """One fault of a bundle. `line` counts from 1; None where the parser knows no line."""

    file: str
    line: int | None
    element_id: str | None
    rule: str
    message: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        element = f" {self.element_id}" if self.element_id else ""
        return f"{where}:{element} {self.message} {self.remedy} [{self.rule}]"


class DiagramError(Exception):
    """A bundle is refused whole; `findings` holds every reason that is known."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: list[Finding] = list(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
