"""``gridcase scenarios``: try out what the diagrams of a folder do."""

from __future__ import annotations

from pathlib import Path

import click

import processes
from engine.bpmn import DiagramError
from engine.errors import GridcaseError
from engine.settings import Settings
from engine.store.database import Database
from handlers.scenarios.run import Outcome, Result, run_folder

CASE = Path(processes.__path__[0]) / "case"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=CASE)
@click.option("--only", default="", metavar="NAME", help="Run those with this in their name or file name.")
@click.option(
    "--require-coverage",
    type=click.IntRange(0, 100),
    default=0,
    metavar="PERCENT",
    help="Fail if less of a diagram was passed.",
)
def scenarios(folder: Path, only: str, require_coverage: int) -> None:
    """Run the scenarios of FOLDER on its diagrams, and print how much of each diagram they cover.

    Without FOLDER it is the process that the program brings along. The database keeps nothing of it; the cases in it are
    neither seen nor held up.
    """
    database = Database.of(Settings.from_environment())
    try:
        outcome = run_folder(database, folder, only, _tell)
    except DiagramError as error:
        raise GridcaseError(f"nothing was run, the diagrams have errors:\n{error}") from error
    finally:
        database.close()
    _sum_up(outcome)
    if outcome.failed or outcome.percent < require_coverage:
        raise SystemExit(1)


def _tell(result: Result) -> None:
    click.echo(f"{'ok    ' if result.ok else 'FAILED'}  {result.file:<32}  {result.name}")
    if not result.ok:
        place = f"{result.file}:{result.line}" if result.line else result.file
        click.echo(f"        {place}: {result.problem}")


def _sum_up(outcome: Outcome) -> None:
    click.echo()
    for one in outcome.coverages:
        click.echo(str(one))
        for missed in one.missed:
            click.echo(f"        not passed: {missed}")
    click.echo(f"{len(outcome.results)} scenarios, {outcome.failed} failed")
