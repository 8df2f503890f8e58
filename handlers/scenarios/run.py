"""Running the scenarios of a folder over the bundle in it, one after the other, each in a town as it was at the beginning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.actors import SYSTEM
from engine.bpmn import DiagramError
from engine.bundles import Bundle, parse_bundle
from engine.deployment import deploy, read_folder
from engine.errors import Invalid
from engine.messages import Message
from engine.store.database import Database
from handlers.scenarios import sandbox
from handlers.scenarios.coverage import Coverage, coverage
from handlers.scenarios.parsing import read_scenario
from handlers.scenarios.play import Failed, Play
from handlers.scenarios.reading import ScenarioError
from handlers.scenarios.sandbox import Sandbox
from handlers.scenarios.scenario import Scenario
from handlers.scenarios.town import Town, build

MAX_SCENARIOS = 500


@dataclass(frozen=True)
class Result:
    """What became of one scenario.

    Attributes:
        name: of the scenario; the file's where it could not be read.
        problem: what went otherwise; empty if nothing did.
        line: of the step in the file, where there is one.
    """

    file: str
    name: str
    problem: str = ""
    line: int | None = None
    visited: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """Whether it went as written."""
        return not self.problem


@dataclass(frozen=True)
class Outcome:
    """The results of a folder, and what they cover."""

    results: tuple[Result, ...]
    coverages: tuple[Coverage, ...]

    @property
    def failed(self) -> int:
        """How many scenarios did not go as written."""
        return sum(not result.ok for result in self.results)

    @property
    def percent(self) -> int:
        """The lowest coverage of a process."""
        return min((one.percent for one in self.coverages), default=100)


def run_folder(
    database: Database, folder: Path, only: str = "", tell: Callable[[Result], None] = lambda result: None
) -> Outcome:
    """Run the scenarios of a bundle's folder; the database keeps nothing of it.

    Args:
        only: a part of the name or of the file's name of the scenarios wanted; all if empty.
        tell: is called with each result as soon as it is there.

    Raises:
        DiagramError: the bundle has errors.
        Invalid: there is no scenario, or the town cannot be built.
    """
    files = read_folder(folder)
    bundle, findings = parse_bundle(files)
    if bundle is None:
        raise DiagramError(findings)
    read = _read(folder / "scenarios", only)
    results = []
    with sandbox.opened(database) as stage:
        town = build(stage.unit_of_work(), folder / "scenarios" / "city")
        for one in read:
            result = one if isinstance(one, Result) else _run(stage, town, files, one)
            tell(result)
            results.append(result)
    return Outcome(tuple(results), _coverages(bundle, results))


def _read(folder: Path, only: str) -> list[Scenario | Result]:
    paths = sorted(folder.glob("*.yaml"))
    if len(paths) > MAX_SCENARIOS:
        raise Invalid(
            Message("%(folder)s has more than %(n)d scenarios", folder=str(folder), n=MAX_SCENARIOS)
        )
    found: list[Scenario | Result] = []
    for path in paths:
        try:
            found.append(read_scenario(path))
        except ScenarioError as error:
            found.append(Result(path.name, path.stem, str(error), error.line))
    found = [one for one in found if only in one.name or only in one.file]
    if not found:
        named = f" like {only!r}" if only else ""
        raise Invalid(Message("%(folder)s has no scenario%(named)s", folder=str(folder), named=named))
    return found


def _run(stage: Sandbox, town: Town, files: dict[str, bytes], scenario: Scenario) -> Result:
    play = Play(stage, town)
    problem, line = "", None
    visited: frozenset[str] = frozenset()
    with stage.attempt(keep=False) as uow:
        deploy(uow, files, SYSTEM)
        try:
            play.run(scenario)
        except Failed as error:
            problem, line = str(error), error.line
        visited = play.visited()
    return Result(scenario.file, scenario.name, problem, line, visited)


def _coverages(bundle: Bundle, results: Sequence[Result]) -> tuple[Coverage, ...]:
    visited = frozenset().union(*(result.visited for result in results))
    processes = bundle.definitions.processes
    return tuple(coverage(processes[key], visited) for key in sorted(processes))
