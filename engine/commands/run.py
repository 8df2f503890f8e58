"""``gridcase up``, ``worker`` and ``scheduler``: the program's processes."""

from __future__ import annotations

import click

from engine import jobs, schedule
from engine.commands.opened import opened_database
from engine.settings import Settings
from engine.supervisor import Supervisor


@click.command()
@click.option(
    "--concurrency",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Effects at the same time.",
)
@click.option(
    "--watches",
    "watches_at_most",
    default=jobs.WATCHES,
    show_default="four to a core",
    type=click.IntRange(1, 256),
    help="Groups of some fifty cameras watched at the same time, each by a process of its own.",
)
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(jobs.QUEUES),
    help="Work this queue only; may be repeated. All by default.",
)
def worker(concurrency: int, watches_at_most: int, queues: tuple[str, ...]) -> None:
    """Run background jobs."""
    settings = Settings.from_environment()
    with opened_database(settings, pool_size=concurrency + len(jobs.QUEUES)) as database:
        jobs.work(
            database,
            settings,
            concurrency=concurrency,
            watches_at_most=watches_at_most,
            queues=queues or jobs.QUEUES,
        )


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
    with opened_database(settings) as database:
        click.echo(f"Gridcase on http://{settings.host}:{settings.port} (stop with Ctrl+C)")
        parts = [("web", ["web"]), ("worker", ["worker"]), ("scheduler", ["scheduler"])]
        Supervisor(parts, database.tend).run()
