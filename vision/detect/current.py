"""The detector that is in use, for a process that lasts: another model may be chosen or fetched while it runs."""

from __future__ import annotations

from pathlib import Path

from vision.detect import Detector
from vision.detect.models import Registry, active


class Current:
    """The detector in use.

    Args:
        home: of the installation.

    Raises:
        VisionError: see `vision.detect.models.active`.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._known = self._named()
        #: None where no model is there.
        self.detector: Detector | None = active(home)

    def renew(self) -> bool:
        """Open the model that is in use now, if it is another one; whether it is.

        Raises:
            VisionError: that one cannot be used. The one before stays, and this is said once.
        """
        named = self._named()
        if named == self._known:
            return False
        self._known = named
        self.detector = active(self._home)
        return True

    def _named(self) -> tuple[str, str] | None:
        """The name of the model in use and the digest of its file."""
        registry = Registry(self._home)
        key = registry.in_use
        if key is None or not registry.has(key):
            return None
        return key, registry.get(key).sha256
