"""The precision of sightings over the API."""

from __future__ import annotations

from tests.api.conftest import Town


def test_who_oversees_the_cameras_reads_the_precision(town: Town) -> None:
    answer = town.get("/sightings/precision", "leader")

    assert (answer.status_code, answer.json) == (200, {"rule": [], "model": [], "camera": []})


def test_who_does_not_is_refused(town: Town) -> None:
    assert town.get("/sightings/precision", "handler").status_code == 403
