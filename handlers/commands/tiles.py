"""``gridcase layers tiles``: the files that the map draws its layers from, made at once."""

from __future__ import annotations

import click

from engine.commands.opened import opened_database
from engine.settings import Settings
from handlers.map import tile_files


@click.command()
def tiles() -> None:
    """Make the map's tiles of the layers that changed.

    A worker does so by itself within half a minute; this is for whoever does not want to wait, and tells what there is.
    """
    settings = Settings.from_environment()
    with opened_database(settings) as database:
        tile_files.make(database, settings, wait=True)
    for name, one in tile_files.present(settings.home).items():
        click.echo(f"{name:<10} {one.features:>9,}  {one.file or 'no tiles: the layer is empty'}")
