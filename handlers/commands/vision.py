"""``gridcase vision``: how well the eyes see, measured."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from engine.errors import Invalid
from engine.messages import Message
from handlers.commands.models import home, progress, refusing


@click.group()
def vision() -> None:
    """Measure how well what cameras show is recognised."""


@vision.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--model", "keys", metavar="NAME", multiple=True, help="Only this model; may be repeated.")
@click.option(
    "--classes",
    "classes_file",
    metavar="YAML",
    type=click.Path(path_type=Path),
    help="What rules call the classes of the labels, a line each.",
)
@click.option("--keep", is_flag=True, help="Write the figures into the models' manifests, for `models list`.")
def evaluate(folder: Path, keys: tuple[str, ...], classes_file: Path | None, keep: bool) -> None:
    """Try the models on the labelled pictures of DIR: COCO's JSON, or YOLO's text files.

    Prints one JSON object for each model and class, and a table on standard error. AP50 is the area below the curve of precision
    over recall at an overlap of one half (all-points interpolation). Only what a model tells the rules of is counted.
    """
    from vision.detect import adding, evaluation, labels, opening
    from vision.detect.models import Registry

    registry = Registry(home())
    with refusing():
        marked = labels.read(folder)
        classes = adding.read_classes(classes_file) if classes_file else {}
        wanted = keys or [key for key in registry.keys if registry.get(key).detects]
        if not wanted:
            raise Invalid(Message("There is no model to try: gridcase models get."))
        for key in wanted:
            manifest = registry.get(key)
            told = set(manifest.classes.values())
            scores = [
                one
                for one in evaluation.evaluated(
                    opening.opened(registry, key), marked, classes, progress(key, "pictures", 1)
                )
                if one.name in told
            ]
            for one in scores:
                click.echo(
                    json.dumps(
                        {"model": key, "sha256": manifest.sha256, "dataset": marked.name, **asdict(one)}
                    )
                )
                figure = "-" if one.ap50 is None else f"{one.ap50:.3f}"
                click.echo(f"{key:<20} {one.name:<14} {one.things:>7} things   AP50 {figure}", err=True)
            if keep:
                registry.measured(key, marked, {one.name: one.ap50 for one in scores if one.ap50 is not None})
