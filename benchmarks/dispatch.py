"""How well the unit and the crew of a case are found: JSON lines for what past cases teach, and for plans of generated days.

Run it in the checkout: ``python -m benchmarks.dispatch``. ``DATA`` names a file with the requests of Boston's 311 (a CSV
file, or a zip archive that holds one); without it the lines about units are left out.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measuring.line import said_nowhere, say, tell
from handlers.dispatch.learning import evaluation, reading

#: What a city knows when somebody reports; whatever is known later (department, reason, closing, target) is left out.
KNOWN = ("type", "case_title", "location", "neighborhood", "latitude", "longitude", "source")
COLUMNS = reading.Columns("open_dt", "queue", KNOWN)

#: Single proposals that are timed.
SINGLE = 200


def units(file: Path) -> dict[str, Any]:
    """How often the queue of a request is found, of requests after those that were learned from."""
    past = reading.read(file, COLUMNS)
    roles = reading.roles(past, (), None, int(len(past.lessons) * evaluation.LEARNED))
    found = evaluation.evaluate(past.lessons, roles)
    figures = found.figures()
    line: dict[str, Any] = {"case": "units"}
    line["cases"] = figures["cases"]
    line["accuracy"] = figures["accuracy"]
    line["coverage"] = figures["coverage"]
    line["accuracy_when_automatic"] = figures["accuracy_when_automatic"]
    line["top3_accuracy"] = figures["top3_accuracy"]
    line["calibration_error"] = figures["calibration_error"]
    line["nightly_accuracy"] = figures["nightly_accuracy"]
    line["nightly_coverage"] = figures["nightly_coverage"]
    line["nightly_accuracy_when_automatic"] = figures["nightly_accuracy_when_automatic"]
    line["propose_ms"] = evaluation.propose_ms(found, past.lessons, SINGLE)
    line["model_kb"] = len(found.learned.model.pack()) / 1024
    line["seconds"] = figures["seconds"]
    return line


def lines() -> Iterator[dict[str, Any]]:
    """All lines, one after the other."""
    data = os.environ.get("DATA")
    if data:
        say("units: learning from past cases")
        yield units(Path(data))
    else:
        say("units: left out, for DATA names no file of past cases")
    if importlib.util.find_spec("benchmarks.crew_plans"):
        yield from import_module("benchmarks.crew_plans").figures()


def main() -> None:
    """Measure everything, and print a line of JSON for each case."""
    with said_nowhere():
        for line in lines():
            tell(line)


if __name__ == "__main__":
    main()
