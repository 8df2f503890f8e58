"""Makes a detector of what the registry has."""

from __future__ import annotations

from vision.detect import Detector
from vision.detect.manifest import Manifest
from vision.detect.models import Registry
from vision.detect.nanodet import NanoDet
from vision.detect.networks import Head, NetworkDetector
from vision.detect.runtimes import RUNTIMES
from vision.errors import VisionError


def opened(registry: Registry, key: str, runtime: str | None = None) -> Detector:
    """The detector of a name.

    Args:
        runtime: another one than its manifest says.

    Raises:
        VisionError: there is none, or it cannot be used.
    """
    manifest = registry.get(key)
    if not manifest.detects:
        raise VisionError("%(key)s finds nothing that rules speak of.", field="model", key=key)
    path = registry.path(key)
    network = RUNTIMES[runtime or manifest.runtime](path)
    return NetworkDetector(key, manifest.sha256, network, head_of(manifest), manifest.told)


def head_of(manifest: Manifest) -> Head:
    """What makes detections of a model's numbers."""
    return NanoDet(len(manifest.names))
