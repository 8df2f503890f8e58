"""Bundles of evidence: whatever is changed in one, verifying finds it."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import av
import numpy as np
import orjson
import pytest
from PIL import Image

from vision.detect import Detection
from vision.errors import VisionError
from vision.evidence import keys, layout
from vision.evidence.bundle import Bundle, Link, write
from vision.evidence.decision import add, decide
from vision.evidence.facts import CameraFacts, Facts
from vision.evidence.keys import Signer
from vision.evidence.verify import verify, verify_chain
from vision.sighting import Sighting, Still
from vision.zones import Hours, Zone

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
CAMERA = CameraFacts("61010200001320000001", "西一路路口", "Xiyi Road", 108.95, 34.26, "公告 2026-3")
ZONE = Zone(
    "kerb",
    "no_parking",
    ((0.1, 0.5), (0.9, 0.5), (0.9, 0.9), (0.1, 0.9)),
    ("parking",),
    hours=(Hours(time(7), time(22)),),
)
SEEN = Sighting(
    *("alarm", "s1", "parking", 1, "kerb", 1, (0.3, 0.4, 0.6, 0.8), NOON - timedelta(minutes=5), NOON, True),
    name="car",
    score=0.8125,
    model="nanodet",
    model_sha256="ab" * 32,
    detections=(Detection("car", 0.8125, (0.3, 0.4, 0.6, 0.8)),),
)
RULE = {"key": "parking", "version": 1, "expression": 'stands("vehicle") >= dwell', "dwell": 300.0}


def _still(role: str, seconds: float, grey: int) -> Still:
    stream = io.BytesIO()
    Image.new("RGB", (320, 180), (grey, grey, grey)).save(stream, "JPEG")
    jpeg = stream.getvalue()
    at = NOON + timedelta(seconds=seconds)
    return Still(role, at, jpeg, True, hashlib.sha256(jpeg).hexdigest())


STILLS = (_still("before", -310, 90), _still("begin", -300, 120), _still("alarm", 0, 150))


@pytest.fixture(scope="module")
def clip() -> bytes:
    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as file:
        track = file.add_stream("mpeg4", rate=5)
        track.width, track.height = 64, 48
        for grey in range(0, 250, 50):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), grey, np.uint8), format="bgr24")
            file.mux(track.encode(picture))
        file.mux(track.encode(None))
    return stream.getvalue()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.of(tmp_path / "home")


def _facts(seen: Sighting = SEEN) -> Facts:
    return Facts(CAMERA, ZONE, RULE, seen, NOON, "Asia/Shanghai", "gridcase 0.1.0")


def _bundle(folder: Path, signer: Signer, clip: bytes | None = None, link: Link | None = None) -> Bundle:
    return write(folder, _facts(), STILLS, clip, signer, link or Link())


def test_a_bundle_verifies_by_the_public_key_alone(tmp_path: Path, signer: Signer, clip: bytes) -> None:
    bundle = _bundle(tmp_path / "b", signer, clip)
    (tmp_path / "key.pem").write_bytes(signer.public.pem)

    assert verify(bundle.folder, keys.read([tmp_path / "key.pem"])) == []


def test_the_frames_of_the_camera_are_kept_byte_for_byte(tmp_path: Path, signer: Signer, clip: bytes) -> None:
    bundle = _bundle(tmp_path / "b", signer, clip)

    frames = [one for one in bundle.files if one["kind"] == "frame"]
    assert [(bundle.folder / one["name"]).read_bytes() for one in frames] == [one.jpeg for one in STILLS]
    assert (bundle.folder / "clip.mp4").read_bytes() == clip


def test_the_manifest_says_what_was_looked_for_and_by_what(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)

    manifest = orjson.loads((bundle.folder / "manifest.json").read_bytes())
    assert manifest["camera"]["notice"] == "公告 2026-3"
    assert manifest["zone"]["hours"] == [{"begin": "07:00", "end": "22:00", "days": []}]
    assert manifest["rule"]["expression"] == RULE["expression"]
    assert manifest["model"] == {"key": "nanodet", "sha256": "ab" * 32}
    assert manifest["sighting"]["seconds"] == 300.0
    assert manifest["chain"] == {"number": 1, "previous": layout.GENESIS}


def test_annotated_copies_lie_beside_the_frames(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)

    with (
        Image.open(bundle.folder / "03-alarm-annotated.jpg") as drawn,
        Image.open(bundle.folder / "03-alarm.jpg") as frame,
    ):
        assert drawn.size == frame.size
        assert drawn.tobytes() != frame.tobytes()


def test_any_flipped_byte_is_found(tmp_path: Path, signer: Signer, clip: bytes) -> None:
    bundle = _bundle(tmp_path / "b", signer, clip)
    decide(bundle.folder, "yes", "reviewer.xian", NOON, "", signer)
    public = {signer.public.id: signer.public}
    chance = random.Random(20261123)

    for path in sorted(bundle.folder.iterdir()):
        kept = path.read_bytes()
        for at in {0, len(kept) - 1, *(chance.randrange(len(kept)) for _ in range(12))}:
            content = bytearray(kept)
            content[at] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
            assert verify(bundle.folder, public), f"{path.name} at {at}"
        path.write_bytes(kept)

    assert verify(bundle.folder, public) == []


@pytest.mark.parametrize("name", ["01-before.jpg", "03-alarm-annotated.jpg", "clip.mp4", "manifest.sig"])
def test_a_file_that_was_taken_away_is_found(tmp_path: Path, signer: Signer, clip: bytes, name: str) -> None:
    bundle = _bundle(tmp_path / "b", signer, clip)

    (bundle.folder / name).unlink()

    assert verify(bundle.folder, {signer.public.id: signer.public})


@pytest.mark.parametrize("name", ["extra.jpg", "notes.txt", ".hidden", "decision.sig"])
def test_a_file_that_was_added_is_found(tmp_path: Path, signer: Signer, name: str) -> None:
    bundle = _bundle(tmp_path / "b", signer)

    (bundle.folder / name).write_bytes(b"x")

    assert verify(bundle.folder, {signer.public.id: signer.public})


def test_two_frames_that_changed_places_are_found(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)
    one, other = bundle.folder / "01-before.jpg", bundle.folder / "03-alarm.jpg"

    one.rename(tmp_path / "x")
    other.rename(one)
    (tmp_path / "x").rename(other)

    assert len(verify(bundle.folder, {signer.public.id: signer.public})) == 2


def test_a_link_to_a_file_elsewhere_is_no_file(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)
    frame = bundle.folder / "01-before.jpg"
    shutil.move(frame, tmp_path / "elsewhere.jpg")

    frame.symlink_to(tmp_path / "elsewhere.jpg")

    assert [one.file for one in verify(bundle.folder, {signer.public.id: signer.public})] == ["01-before.jpg"]


def test_the_decision_of_another_bundle_is_found(tmp_path: Path, signer: Signer) -> None:
    one, other = _bundle(tmp_path / "b", signer), _bundle(tmp_path / "c", signer, link=Link(2, "0" * 64))
    decide(one.folder, "yes", "reviewer.xian", NOON, "", signer)

    for name in ("decision.json", "decision.sig"):
        shutil.copy(one.folder / name, other.folder / name)

    assert [found.file for found in verify(other.folder, {signer.public.id: signer.public})] == [
        "decision.json"
    ]


def test_what_was_signed_under_another_name_is_found(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)
    add(bundle.folder, layout.DECISION, b"{}", signer)
    for old in (layout.DECISION, layout.signature_of(layout.DECISION)):
        (bundle.folder / old).rename(bundle.folder / old.replace("decision", "stamp").replace("json", "tsr"))

    found = verify(bundle.folder, {signer.public.id: signer.public})

    assert "Its signature is not that of its bytes beside this manifest." in {one.template for one in found}


def test_a_decision_is_made_once(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)
    decide(bundle.folder, "yes", "reviewer.xian", NOON, "", signer)

    with pytest.raises(VisionError, match="already"):
        decide(bundle.folder, "no", "reviewer.xian", NOON, "", signer)


def test_a_bundle_of_another_key_is_not_ours(tmp_path: Path, signer: Signer) -> None:
    other = Signer.of(tmp_path / "other")
    bundle = _bundle(tmp_path / "b", other)

    (problem,) = verify(bundle.folder, {signer.public.id: signer.public})

    assert other.public.id in str(problem)


def test_what_was_signed_before_the_key_was_renewed_verifies(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)

    renewed = keys.renew(tmp_path / "home")

    assert renewed.public.id != signer.public.id
    assert verify(bundle.folder, keys.of_home(tmp_path / "home")) == []


def test_the_private_key_is_its_owners_alone(tmp_path: Path, signer: Signer) -> None:
    mode = stat.S_IMODE((tmp_path / "home" / "keys" / "evidence.key").stat().st_mode)

    assert mode == 0o600


def test_bundles_of_a_camera_are_a_chain(tmp_path: Path, signer: Signer) -> None:
    first = _bundle(tmp_path / "1", signer)
    second = _bundle(tmp_path / "2", signer, link=Link(2, first.digest))
    _bundle(tmp_path / "3", signer, link=Link(3, first.digest))
    public = {signer.public.id: signer.public}

    assert verify_chain([first.folder, second.folder], public) == []
    assert [one.file for one in verify_chain([tmp_path / n for n in "123"], public)] == ["3"]


def test_two_bundles_at_one_place_of_the_chain_are_found(tmp_path: Path, signer: Signer) -> None:
    first = _bundle(tmp_path / "1", signer)
    again = write(tmp_path / "2", _facts(replace(SEEN, slot="s2")), STILLS, None, signer, Link())

    (problem,) = verify_chain([first.folder, again.folder], {signer.public.id: signer.public})

    assert problem.file == "2"


def test_nothing_is_written_of_a_clip_that_is_none(tmp_path: Path, signer: Signer, clip: bytes) -> None:
    for wrong in (clip[:-1], b"#EXTM3U\n", b"", clip[32:]):
        with pytest.raises(VisionError) as refused:
            _bundle(tmp_path / "bundles" / "b", signer, wrong)
        assert refused.value.field == "clip"

    assert not (tmp_path / "bundles").exists()


def test_a_bundle_is_never_written_over(tmp_path: Path, signer: Signer) -> None:
    bundle = _bundle(tmp_path / "b", signer)
    before = (bundle.folder / "manifest.json").read_bytes()

    with pytest.raises(FileExistsError):
        write(tmp_path / "b", _facts(replace(SEEN, slot="s2")), STILLS, None, signer, Link())

    assert (bundle.folder / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[" * 5000, b'{"format":"gridcase-evidence/1"}'])
def test_what_is_no_manifest_is_said_to_be_none(tmp_path: Path, signer: Signer, manifest: bytes) -> None:
    bundle = _bundle(tmp_path / "b", signer)

    (bundle.folder / "manifest.json").write_bytes(manifest)

    (problem,) = verify(bundle.folder, {signer.public.id: signer.public})
    assert problem.file == "manifest.json"


def test_a_key_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("none")

    with pytest.raises(VisionError, match=r"key\.pem"):
        keys.read([tmp_path / "key.pem"])
