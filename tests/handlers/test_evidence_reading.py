"""Plates as advice: looked for on vehicles where the networks are, told by the manifest, and no condition of evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.settings import Settings
from handlers.evidence import reading
from handlers.evidence.reading import Told
from tests.vision.conftest import shipped_models  # noqa: F401 - a fixture
from tests.vision.test_evidence import NOON, STILLS, _facts
from tests.vision.test_plates import CAR, drawn, jpeg
from vision.evidence.bundle import Link, write
from vision.evidence.drawing import font_file
from vision.evidence.keys import Signer
from vision.sighting import Sighting, Still

SEEN = replace(
    _facts().sighting, box=CAR, stills=tuple(Still(role, NOON, b"", True, "") for role in ("before", "alarm"))
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"GRIDCASE_HOME": str(tmp_path / "home")})


def shown(picture: bytes) -> Sighting:
    """A car in frames that all are this one."""
    return replace(SEEN, stills=tuple(replace(one, jpeg=picture) for one in SEEN.stills))


def with_models(settings: Settings, models: Path) -> None:
    """Let an installation have what was fetched."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "models").symlink_to(models / "models")


def test_the_plate_of_a_vehicle_is_told_in_its_bundle(settings: Settings, shipped_models: Path) -> None:  # noqa: F811
    if not font_file():
        pytest.skip("needs a font with Chinese characters, such as fonts-noto-cjk")
    with_models(settings, shipped_models)

    advice = reading.advice(settings, shown(jpeg(drawn("沪A12345", 160))), "no_parking")

    facts = replace(_facts(), advice=advice)
    bundle = write(settings.evidence / "b", facts, STILLS, None, Signer.of(settings.home), Link())
    (told,) = reading.told(bundle.folder)
    # Of the two frames the one before it came was left out.
    assert (told.text, told.frames, told.looked_at) == ("沪A12345", 1, 1)
    assert told.confidence > 0.3


def test_a_frame_that_cannot_be_read_costs_the_advice_alone(
    settings: Settings,
    shipped_models: Path,  # noqa: F811
) -> None:
    with_models(settings, shipped_models)

    assert reading.advice(settings, shown(b"no picture"), "no_parking") is None


@pytest.mark.parametrize(("name", "zone_type"), [("person", "no_parking"), ("", "no_vending")])
def test_what_is_no_vehicle_has_no_plate(
    settings: Settings,
    shipped_models: Path,  # noqa: F811
    name: str,
    zone_type: str,
) -> None:
    with_models(settings, shipped_models)

    somebody = replace(shown(jpeg(np.full((360, 640, 3), 90, np.uint8))), name=name)

    assert reading.advice(settings, somebody, zone_type) is None


def test_without_the_networks_nobody_looks(settings: Settings) -> None:
    assert reading.advice(settings, shown(b""), "no_parking") is None


def test_readings_are_told_by_their_text_the_surest_first(settings: Settings) -> None:
    plates = [("沪A12346", 0.4), ("沪A12345", 0.5), ("沪A12345", 0.9)]
    advice = {
        "plates": [{"text": text, "confidence": confidence} for text, confidence in plates],
        "frames_looked_at": 3,
    }
    facts = replace(_facts(), advice=advice)

    bundle = write(settings.evidence / "b", facts, STILLS, None, Signer.of(settings.home), Link())

    assert reading.told(bundle.folder) == [Told("沪A12345", 0.9, 2, 3), Told("沪A12346", 0.4, 1, 3)]


def test_of_a_bundle_whose_files_are_gone_nothing_is_told(settings: Settings) -> None:
    assert reading.told(settings.evidence / "gone") == []
