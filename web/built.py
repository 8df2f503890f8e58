"""Scripts and style sheets under the names that the build gave them."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

from engine.errors import ConfigurationError

FOLDER = Path(__file__).resolve().parent / "static" / "build"


class Built:
    """The files that ``web/assets/build.mjs`` made, by the names of their sources.

    Args:
        folder: where they are, ``manifest.json`` among them.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    @cached_property
    def _names(self) -> dict[str, str]:
        try:
            names: dict[str, str] = json.loads((self._folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConfigurationError(
                "the scripts and styles of the pages are missing: run `make assets`"
            ) from error
        return names

    def __getitem__(self, source: str) -> str:
        """The file name below ``static/build`` of what was built from a source.

        Raises:
            ConfigurationError: nothing was built, or not from this source.
        """
        try:
            return self._names[source]
        except KeyError as error:
            raise ConfigurationError(f"{source} was not built: run `make assets`") from error
