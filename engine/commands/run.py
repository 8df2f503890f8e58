"""``gridcase up``, ``worker`` and ``scheduler``: the program's processes."""

from __future__ import annotations

import click

from engine import jobs, schedule, stop_signals
from engine.commands.opened import opened_database
from engine.settings import Settings
from engine.supervisor import Supervisor


@click.command()
@click.option(
    "--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Jobs at the same time."
)
def worker(concurrency: int) -> None:
    """Run background jobs."""
    settings = Settings.from_environment()
    with opened_database(settings) as database:
        # The job engine heeds the first signal, and puts back what it found.
        stop_signals.heed_no_more()
        jobs.work(database, settings, concurrency=concurrency)


@click.command()
def scheduler() -> None:
    """Keep the clock: enqueue what is due."""
    with opened_database() as database:
        schedule.run(database)


@click.command()
def up() -> None:
    """Run web, worker and scheduler together, and start again what dies."""
    settings = Settings.from_environment()
    # Held open until the end: the embedded database outlives every single part.
    with opened_database(settings):
        click.echo(f"Gridcase on http://{settings.host}:{settings.port} (stop with Ctrl+C)")
        Supervisor([("web", ["web"]), ("worker", ["worker"]), ("scheduler", ["scheduler"])]).run()
