"""The manifest of a model: what it is, where it came from, under which licence, and how well it was measured to do."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.errors import VisionError

#: What a class is called in rules.
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
MAX_MANIFEST_BYTES = 1_000_000

#: A family of networks with its own numbers; what `ultralytics` loads; any network that something else than rules asks.
Kind = Literal["nanodet", "yolo", "ultralytics", "network"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=500)]


class Parity(BaseModel):
    """Two runtimes' answers to the same input, held against each other.

    Attributes:
        runtime, other: which.
        difference: the greatest of any score, and of any edge of a box as a share of the input.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: Text
    other: Text
    difference: float = Field(ge=0)


class Measure(BaseModel):
    """What a model found of the labelled things of a data set.

    Attributes:
        dataset: its name and the SHA-256 of its labels.
        pictures, things: how many there were.
        ap50: of each class.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Text
    labels_sha256: Digest
    pictures: int = Field(ge=1)
    things: int = Field(ge=0)
    ap50: dict[str, float]


class Manifest(BaseModel):
    """What is known of a model.

    Attributes:
        key: its name in the registry.
        kind: see `Kind`.
        file: its own file beside the manifest.
        sha256: of that file.
        licence: of the weights, as far as it is known.
        origin: the package, or the file, that it came from.
        names: what it calls its classes, in its own order.
        classes: for each of those that are told, what rules call it (`vision.detect.CLASSES`, or a name of the city's own).
        side: width and height of the input where it has but one size; 0 where any is taken.
        runtime: what computes it, one of `vision.detect.runtimes.RUNTIMES`.
        parity: None where only one runtime can read it.
        measured: on which labels it was tried, and how it did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=f"^{KEY.pattern}$")]
    kind: Kind
    file: Literal["model.onnx", "model.pt"] = "model.onnx"
    sha256: Digest
    licence: Text = ""
    origin: Text = ""
    names: tuple[Annotated[str, Field(max_length=100)], ...] = Field(default=(), max_length=10_000)
    classes: dict[str, Annotated[str, Field(pattern=f"^{NAME.pattern}$")]] = {}
    side: tuple[int, int] = (0, 0)
    runtime: Literal["onnxruntime", "opencv"] = "onnxruntime"
    parity: Parity | None = None
    measured: tuple[Measure, ...] = Field(default=(), max_length=100)

    @property
    def detects(self) -> bool:
        """Whether it is a `vision.detect.Detector`."""
        return self.kind != "network"

    @property
    def told(self) -> tuple[str | None, ...]:
        """What rules call each of its classes, in its own order; None for those that are not told."""
        return tuple(self.classes.get(name) for name in self.names)

    def write(self, folder: Path) -> None:
        """Keep it in a model's folder; whoever reads it meanwhile finds the old one or this."""
        part = folder / ".manifest.json"
        part.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        os.replace(part, folder / "manifest.json")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a model's folder.

        Raises:
            VisionError: there is none that can be read.
        """
        path = folder / "manifest.json"
        try:
            if path.stat().st_size > MAX_MANIFEST_BYTES:
                raise VisionError("%(path)s is too large.", field="model", path=path)
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise VisionError(
                "%(path)s cannot be read: remove that folder and fetch or add the model again.",
                field="model",
                path=path,
            ) from error


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
