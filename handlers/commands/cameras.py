"""``gridcase cameras``: the cameras of the city from the command line."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.actors import unit_tree
from engine.commands.opened import opened_database, opened_unit_of_work
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.unit_of_work import UnitOfWork
from handlers.commands.camera_rules import rules
from handlers.store import camera_figures, camera_registry, camera_watches
from handlers.store.cameras import SOURCES

if TYPE_CHECKING:
    from engine.store.rows import Row


@click.group()
def cameras() -> None:
    """Look after the cameras that the city watches."""


cameras.add_command(rules)


@cameras.command()
@click.argument("code")
@click.option("--name", required=True, help="What people call it.")
@click.option(
    "--unit", "unit_code", required=True, help="Code of the platform that answers for what it sees."
)
@click.option("--lon", required=True, type=float, help="Degrees of WGS-84.")
@click.option("--lat", required=True, type=float, help="Degrees of WGS-84.")
@click.option("--source", default="snapshot", show_default=True, type=click.Choice(SOURCES))
@click.option("--url", required=True, help="Address without name and password.")
@click.option(
    "--login",
    default="",
    help="Name with which it is asked; its password is the first line of standard input.",
)
@click.option("--interval", default=5.0, show_default=True, help="Seconds from one picture to the next.")
def add(code: str, unit_code: str, login: str, **values: object) -> None:
    """Add a camera and have it watched. CODE is the city's own, such as the 20 digits of GB/T 28181."""
    from handlers.cameras import registry

    password = sys.stdin.readline().rstrip("\n") if login else ""
    with opened_unit_of_work() as uow:
        unit = unit_tree(uow).by_code.get(unit_code)
        if unit is None:
            message = Message("%(code)s is not the code of a platform.", code=unit_code)
            raise Invalid(message, {"unit": message})
        given = {**values, "code": code, "unit_id": unit.id, "login": login, "password": password}
        registry.add(uow, given)
    click.echo(f"camera {code} is watched from now on; draw its zones in the pages")


@cameras.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_file(file: Path) -> None:
    """Add the cameras of a CSV file, or change those of the same codes.

    Columns: code, name, name_en, unit_code, lon, lat (WGS-84), source (snapshot, rtsp, hls, files), url, login, password, interval
    (seconds), notice, paused. Nothing is changed if any row is wrong.
    """
    from handlers.cameras.tables import import_cameras

    with opened_unit_of_work() as uow:
        count = import_cameras(uow, file)
    click.echo(f"{count} cameras")


@cameras.command("list")
def list_cameras() -> None:
    """Print each camera with its group, its last picture, how many it gave and how many were left out, and what ails it."""
    with opened_unit_of_work() as uow:
        for row in camera_figures.of_cameras(uow.conn, uow.now):
            state = row["state"] if row["state"] != "active" or not row["silent"] else "silent"
            seen = _ago(uow.now, row["frame_at"])
            counts = f"{row['frames'] or 0:>9} {row['late'] or 0:>6}"
            click.echo(
                f"{row['code']:<22} {row['group_no']:>3} {state:<7} {seen:>10} {counts}  "
                f"{row['source']:<8} {row['unit_code']:<14} {row['name']}  {' '.join(row['alarms'])}".rstrip()
            )


@cameras.command()
@click.argument("codes", nargs=-1, required=True)
def pause(codes: tuple[str, ...]) -> None:
    """Watch these cameras no more until they are resumed."""
    _set_state(codes, "paused")


@cameras.command()
@click.argument("codes", nargs=-1, required=True)
def resume(codes: tuple[str, ...]) -> None:
    """Watch these cameras again."""
    _set_state(codes, "active")


@cameras.command()
def status() -> None:
    """Print each watch: its group, cameras, last sign of life, pictures, those left out, and its share of a processor."""
    with opened_unit_of_work() as uow:
        for row in camera_watches.all_watches(uow.conn):
            click.echo(
                f"group {row['group_no']:>3}: {row['cameras']:>3} cameras, watch {row['epoch']}, "
                f"seen {_ago(uow.now, row['seen_at'])} ago, {row['frames']} pictures, {row['late']} left out, "
                f"{row['load']:.0%} of a processor"
            )
        for name, label, value in camera_figures.read(uow.conn, uow.now):
            if name in ("cameras", "camera_alarms"):
                click.echo(f"{name.replace('_', ' '):<14} {label:<14} {value:.0f}")


@cameras.command("try")
@click.argument("code")
def try_camera(code: str) -> None:
    """Take one picture of a camera, and print its size, its health and what its rules see in it."""
    from handlers.cameras.trying import try_once

    settings = Settings.from_environment()
    with opened_database(settings) as database:
        for line in try_once(database, settings, code):
            click.echo(line)


def _set_state(codes: tuple[str, ...], state: str) -> None:
    from handlers.cameras import registry

    with opened_unit_of_work() as uow:
        for code in codes:
            registry.set_state(uow, _camera(uow, code)["id"], state)
    click.echo(f"{len(codes)} cameras {state}")


def _camera(uow: UnitOfWork, code: str) -> Row:
    found = camera_registry.of_code(uow.conn, code)
    if found is None:
        raise NotFound(Message("There is no camera %(code)s.", code=code))
    return found


def _ago(now: datetime, at: datetime | None) -> str:
    return "never" if at is None else f"{(now - at).total_seconds():.0f} s"
