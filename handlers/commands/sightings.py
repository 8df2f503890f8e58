"""``gridcase sightings``: what reviewers taught, for the training of a city's own model."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def sightings() -> None:
    """Make use of what reviewers answered to the cameras' sightings."""


@sightings.command()
@click.argument("folder", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    """Write the training set: the picture of every sighting that was answered, with labels in the format of YOLO.

    FOLDER is new or empty. What was confirmed is labelled, what was not is a picture without labels. The pictures show people and plates:
    keep them as you keep the evidence.
    """
    # What is needed from here on takes a while to import.
    from engine.commands.opened import opened_database
    from engine.settings import Settings
    from handlers.sightings.training import export as write

    with opened_database() as database:
        done = write(database, Settings.from_environment(), folder, tell=_tell)
    click.echo(f"{done.confirmed} confirmed, {done.rejected} rejected, {done.lost} without their picture")


def _tell(count: int) -> None:
    click.echo(f"{count} sightings", err=True)
