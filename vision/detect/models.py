"""The registry of models: one folder each below an installation's home, with the network and its manifest."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vision.detect import Detector
from vision.detect.labels import Labels
from vision.detect.manifest import KEY, Manifest, Measure, digest_of
from vision.errors import VisionError

#: The detector that is used where nobody chose one.
DEFAULT = "nanodet"
_CHOSEN = "in_use"


def active(home: Path, key: str | None = None) -> Detector | None:
    """The detector that verifies what rules see: the one that was chosen, else the shipped one where it was fetched.

    Args:
        home: of the installation.
        key: a certain model.

    Returns:
        None where no model is there: nothing is verified then.

    Raises:
        VisionError: the model is damaged, is not there though it was chosen or asked for, or is no detector.
    """
    from vision.detect.opening import opened

    registry = Registry(home)
    wanted = key or registry.in_use
    return None if wanted is None else opened(registry, wanted)


class Registry:
    """The models of an installation.

    Args:
        home: its folder.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "models"

    @property
    def keys(self) -> list[str]:
        """The names of all models, in alphabetical order."""
        if not self.folder.is_dir():
            return []
        return sorted(one.name for one in self.folder.iterdir() if one.is_dir() and KEY.fullmatch(one.name))

    def has(self, key: str) -> bool:
        """Whether there is a model of that name."""
        return bool(KEY.fullmatch(key)) and (self.folder / key / "manifest.json").is_file()

    def get(self, key: str) -> Manifest:
        """What is known of a model.

        Raises:
            VisionError: there is none of that name, or its manifest is damaged.
        """
        if not self.has(key):
            raise VisionError(
                "There is no model %(key)s: see `gridcase models list`.", field="model", key=key[:60]
            )
        return Manifest.read(self.folder / key)

    def path(self, key: str) -> Path:
        """The file of a model, which is what its manifest says.

        Raises:
            VisionError: there is none of that name, or its file is another.
        """
        manifest = self.get(key)
        path = self.folder / key / manifest.file
        if not path.is_file() or digest_of(path) != manifest.sha256:
            raise VisionError(
                "The file of model %(key)s is not the one that was registered: remove the model, and fetch or add it again.",
                field="model",
                key=key,
            )
        return path

    def require_free(self, key: str) -> None:
        """See that a name can be given to a new model.

        Raises:
            VisionError: it cannot be used, or there is one already.
        """
        if not KEY.fullmatch(key):
            raise VisionError(
                "Name a model with small letters, digits, - and _, a letter first, 40 at most.", field="key"
            )
        if (self.folder / key).exists():
            raise VisionError(
                "There is a model %(key)s: remove it, or give another name.", field="key", key=key
            )

    @contextmanager
    def adding(self, key: str) -> Iterator[Path]:
        """A folder for a new model's file and manifest, which comes in as a whole at the end, or not at all.

        Raises:
            VisionError: the name cannot be used, or there is one already.
        """
        self.require_free(key)
        target = self.folder / key
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=self.folder) as part:
            made = Path(part) / key
            made.mkdir()
            yield made
            try:
                os.rename(made, target)
            except OSError:
                # Somebody else has added the same meanwhile.
                if not self.has(key):
                    raise

    def remove(self, key: str) -> None:
        """Forget a model, whole or damaged.

        Raises:
            VisionError: there is none of that name.
        """
        if key not in self.keys:
            self.get(key)
        if self._chosen() == key:
            (self.folder / _CHOSEN).unlink()
        shutil.rmtree(self.folder / key)

    def use(self, key: str) -> None:
        """Let a model verify what rules see from now on.

        Raises:
            VisionError: there is none of that name, it is damaged, or it is no detector.
        """
        if not self.get(key).detects:
            raise VisionError("%(key)s finds nothing that rules speak of.", field="model", key=key)
        self.path(key)
        part = self.folder / f".{_CHOSEN}"
        part.write_text(key + "\n", encoding="ascii")
        os.replace(part, self.folder / _CHOSEN)

    def measured(self, key: str, labels: Labels, ap50: Mapping[str, float]) -> None:
        """Keep how a model did on labels, in place of what it did on the same ones before.

        Raises:
            VisionError: there is none of that name.
        """
        manifest = self.get(key)
        things = sum(not one.crowd for marked in labels.pictures.values() for one in marked)
        measure = Measure(
            dataset=labels.name,
            labels_sha256=labels.sha256,
            pictures=len(labels.pictures),
            things=things,
            ap50={name: round(value, 4) for name, value in ap50.items()},
        )
        others = [one for one in manifest.measured if one.labels_sha256 != labels.sha256]
        kept = (*others, measure)[-100:]
        manifest.model_copy(update={"measured": kept}).write(self.folder / key)

    @property
    def in_use(self) -> str | None:
        """The name of the detector that is used; None where there is none."""
        return self._chosen() or (DEFAULT if self.has(DEFAULT) else None)

    def _chosen(self) -> str | None:
        path = self.folder / _CHOSEN
        return path.read_text(encoding="ascii")[:40].strip() if path.is_file() else None
