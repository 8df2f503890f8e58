"""A city's own weights come into the registry: ONNX files of YOLO, and weights of torch."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from vision.detect import CLASSES
from vision.detect.files import MAX_BYTES, Facts, checked
from vision.detect.manifest import NAME, Manifest, digest_of
from vision.detect.models import Registry
from vision.detect.trial import pattern, tried
from vision.detect.yolo import MAX_CLASSES, names_of, side_of
from vision.detect.yolo_client import YoloDetector
from vision.errors import VisionError

_MAX_CLASSES_BYTES = 1_000_000


def add(
    home: Path,
    file: Path,
    key: str,
    *,
    classes: Mapping[str, str] | None = None,
    licence: str = "",
    origin: str = "",
) -> Manifest:
    """Register own weights after their trial.

    Args:
        home: of the installation.
        file: ``.onnx``, or ``.pt`` from somebody who is trusted: reading it runs code that it holds.
        key: its name from now on.
        classes: for each of its classes that is to be told, what rules call it; where None, those that rules speak of anyhow.
        licence, origin: what is known of them.

    Raises:
        VisionError: the file is no such network, its runtimes differ, a class is not one of its, or the name is taken.
    """
    if file.suffix not in {".onnx", ".pt"}:
        raise VisionError("Give a file that ends in .onnx or .pt.", field="file")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise VisionError(
                "%(name)s is larger than %(most)d MB.",
                field="file",
                name=file.name,
                most=MAX_BYTES // 1_000_000,
            )
        with Registry(home).adding(key) as folder:
            model = folder / f"model{file.suffix}"
            shutil.copyfile(file, model)
            made = _network if file.suffix == ".onnx" else _weights
            manifest = made(model, key, classes)
            told = {"licence": licence[:500], "origin": (origin or file.name)[:500]}
            manifest.model_copy(update=told).write(folder)
    except OSError as error:
        raise VisionError("%(name)s cannot be read.", field="file", name=file.name) from error
    return Registry(home).get(key)


def _network(model: Path, key: str, classes: Mapping[str, str] | None) -> Manifest:
    facts = checked(model)
    names = names_of(facts) or _numbers(facts, classes)
    manifest = Manifest(
        key=key,
        kind="yolo",
        sha256=digest_of(model),
        names=names,
        classes=_mapped(names, classes),
        side=side_of(facts),
    )
    return tried(model.parent, manifest)


def _weights(model: Path, key: str, classes: Mapping[str, str] | None) -> Manifest:
    digest = digest_of(model)
    trial = YoloDetector(key, digest, model, {})
    try:
        names = trial.names
        trial.detect(pattern(640, 480))
    finally:
        trial.close()
    return Manifest(
        key=key,
        kind="ultralytics",
        file="model.pt",
        sha256=digest,
        names=names,
        classes=_mapped(names, classes),
    )


def _numbers(facts: Facts, classes: Mapping[str, str] | None) -> tuple[str, ...]:
    """Names of classes of which the file tells nothing: their numbers."""
    shape = facts.outputs[0] if facts.outputs else ()
    told = [int(name) for name in classes or {} if name.isdecimal() and int(name) < MAX_CLASSES]
    count = shape[1] - 4 if len(shape) == 3 and shape[2] > 6 else max(told, default=-1) + 1
    if not 0 < count <= MAX_CLASSES:
        raise VisionError(
            "The file does not say what its classes are called: name them by their numbers.", field="classes"
        )
    return tuple(str(number) for number in range(count))


def _mapped(names: Sequence[str], classes: Mapping[str, str] | None) -> dict[str, str]:
    if classes is None:
        classes = {name: name for name in names if name in CLASSES}
    strange = [name for name in classes if name not in names]
    if strange:
        raise VisionError(
            "The model has no class %(strange)s: it has %(names)s.",
            field="classes",
            strange=strange[0][:100],
            names=", ".join(names)[:500],
        )
    if not classes:
        raise VisionError(
            "None of the model's classes is one that rules speak of (%(names)s): give a file of classes.",
            field="classes",
            names=", ".join(names)[:500],
        )
    return dict(classes)


def read_classes(path: Path) -> dict[str, str]:
    """A file of classes: YAML with a line ``name of the model: name in rules`` each.

    Raises:
        VisionError: it is none.
    """
    try:
        if path.stat().st_size > _MAX_CLASSES_BYTES:
            raise VisionError("%(name)s is too large.", field="classes", name=path.name)
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise VisionError("%(name)s cannot be read.", field="classes", name=path.name) from error
    if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
        raise VisionError("%(name)s must have lines such as `truck: car`.", field="classes", name=path.name)
    wrong = [value for value in read.values() if not NAME.fullmatch(value)]
    if wrong:
        raise VisionError(
            "%(value)s cannot name a class in rules: use small letters, digits and _, a letter first.",
            field="classes",
            value=wrong[0][:60],
        )
    return {str(name): value for name, value in read.items()}
