"""Photographs by the API: uploaded and cleaned, then named by the one who uploaded them, for a day."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sklearn.datasets
from PIL import Image

from engine.clock import SteppedClock
from engine.settings import Settings
from tests.api.conftest import REPORT, Reply, Town

CHINA = Path(sklearn.datasets.__file__).parent / "images" / "china.jpg"


def _photo(colour: str = "red") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(stream, "JPEG")
    return stream.getvalue()


def _upload(town: Town, content: bytes, who: str = "acceptor") -> Reply:
    form = {"photo": (io.BytesIO(content), "photo.jpg")}
    return town.call("POST", "/photos", who, data=form, content_type="multipart/form-data")


def test_a_photograph_is_cleaned_and_stored(town: Town, settings: Settings) -> None:
    stored = _upload(town, CHINA.read_bytes())

    assert stored.status_code == 201, stored.text
    assert (stored.json["width"], stored.json["height"]) == (640, 427)
    assert list(settings.photos.rglob(f"{stored.json['sha256']}.jpg"))


def test_a_report_takes_an_uploaded_photograph(town: Town) -> None:
    uploaded = _upload(town, CHINA.read_bytes()).json

    case = town.get(f"/cases/{town.reported(photos=[uploaded['id']])}").json

    assert [(one["sha256"], one["purpose"]) for one in case["photos"]] == [(uploaded["sha256"], "report")]


def test_a_completed_step_takes_photographs_of_what_was_done(town: Town) -> None:
    case_id = town.reported()
    town.post(f"/work-items/{town.waiting(case_id)}/complete", {"values": {"decision": "accept"}})
    named = [_upload(town, _photo(colour), "handler").json["id"] for colour in ("red", "blue")]

    done = {"values": {"decision": "done"}, "photos": [*named, named[0]]}
    answer = town.post(f"/work-items/{town.waiting(case_id)}/complete", done, "handler")

    assert answer.status_code == 200, answer.text
    assert [one["purpose"] for one in town.get(f"/cases/{case_id}").json["photos"]] == ["handle", "handle"]


def test_a_step_that_takes_no_photographs_says_so(town: Town) -> None:
    body = {"values": {"decision": "accept"}, "photos": [_upload(town, _photo()).json["id"]]}

    refused = town.post(f"/work-items/{town.first_item()}/complete", body)

    assert (refused.status_code, [one["field"] for one in refused.json["errors"]]) == (422, ["photos"])


def test_a_photograph_of_somebody_else_cannot_be_named(town: Town) -> None:
    named = _upload(town, _photo(), "handler").json["id"]

    refused = town.post("/reports", {**REPORT, "photos": [named]})

    assert [one["field"] for one in refused.json["errors"]] == ["photos.0"]


def test_a_photograph_can_be_named_for_a_day(town: Town, clock: SteppedClock) -> None:
    named = _upload(town, _photo()).json["id"]
    clock.advance(timedelta(days=1, seconds=1))

    refused = town.post("/reports", {**REPORT, "photos": [named]})

    assert [one["field"] for one in refused.json["errors"]] == ["photos.0"]


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", CHINA.read_bytes()[:5000], b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ids=["empty", "no image", "cut off", "svg"],
)
def test_what_is_no_photograph_is_refused(town: Town, content: bytes) -> None:
    refused = _upload(town, content)

    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert [one["field"] for one in refused.json["errors"]] == ["photo"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": {"photo": "text"}, "content_type": "multipart/form-data"}, 422),
        ({"data": {}, "content_type": "multipart/form-data"}, 422),
        ({"json": {}}, 415),
        ({"data": bytes(22 << 20), "content_type": "multipart/form-data; boundary=x"}, 413),
    ],
    ids=["no file", "no field", "JSON", "too large"],
)
def test_what_is_no_upload_is_refused(town: Town, sent: dict[str, Any], status: int) -> None:
    refused = town.call("POST", "/photos", **sent)

    assert (refused.status_code, refused.mimetype) == (status, "application/problem+json")
