"""``gridcase web``: the pages and the API from the command line."""

from __future__ import annotations

from dataclasses import replace

import click

from engine.errors import ConfigurationError
from engine.settings import Settings


@click.command()
@click.option("--host", help="Address to bind to, instead of GRIDCASE_HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to bind to, instead of GRIDCASE_PORT.")
@click.option(
    "--workers", type=click.IntRange(1, 32), default=1, show_default=True, help="Processes of 8 threads."
)
def web(host: str | None, port: int | None, workers: int) -> None:
    """Serve the pages and the API."""
    settings = Settings.from_environment()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    if settings.database_url is None and not settings.loopback:
        raise ConfigurationError(
            f"--host is {settings.host}, and the embedded database serves this machine only: "
            "set GRIDCASE_DATABASE_URL to a PostgreSQL server of your own, or bind to 127.0.0.1"
        )
    from web.server import serve

    click.echo(f"Gridcase serves http://{settings.host}:{settings.port}/")
    serve(settings, workers)
