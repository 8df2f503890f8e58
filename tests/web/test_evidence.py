"""The evidence of a case by its addresses: who gets what, and that every look at an original is written down."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from engine.clock import SteppedClock
from engine.settings import Settings
from handlers.evidence import keeping, publishing, stills
from handlers.store import evidence, sealed_stills
from tests.handlers.sights import picture
from tests.web.conftest import Town, arrive, become
from tests.web.test_review import Road
from vision.evidence import keys
from vision.evidence.verify import verify


class Kept:
    """A case with one bundle."""

    def __init__(self, road: Road) -> None:
        self.road, self.settings = road, road.settings
        self.case_id = road.sees()
        seen = road.seen.rows()[-1]
        sighting = road.seen.sighting(road.clock.now(), slot="s1")
        keeping.keep(road.town.database, road.settings, seen["id"], sighting, None)
        with road.town.database.unit_of_work() as uow:
            row = evidence.of_sighting(uow.conn, seen["id"])
            assert row is not None
        self.row = row

    def get(self, login: str, path: str) -> tuple[int, bytes]:
        """What somebody gets of the bundle."""
        with self.road.town.browser(login).get(f"/evidence/{self.row['id']}/{path}") as response:
            return response.status_code, response.data

    def looks(self) -> list[tuple[str, str]]:
        """Who looked at what."""
        with self.road.town.database.unit_of_work() as uow:
            return [(one["name"], one["what"]) for one in evidence.views(uow.conn, self.row["id"])]

    def publish(self) -> None:
        """Put a public copy of the first frame there."""
        folder = publishing.public_folder(self.settings, self.row)
        folder.mkdir(parents=True)
        (folder / "01-before.jpg").write_bytes(b"blurred")
        files = [{**one, "public": one["name"] == "01-before.jpg"} for one in self.row["files"]]
        with self.road.town.database.unit_of_work() as uow:
            evidence.set_files(uow.conn, self.row["id"], files)


@pytest.fixture
def kept(town: Town, settings: Settings, clock: SteppedClock) -> Kept:
    return Kept(Road(town, settings, clock))


def test_a_reviewer_opens_an_original_and_is_written_down(kept: Kept) -> None:
    status, content = kept.get("reviewer", "files/01-before.jpg")

    assert (status, content) == (
        200,
        (keeping.folder_of(kept.settings, kept.row) / "01-before.jpg").read_bytes(),
    )
    assert kept.looks() == [("韩复核", "01-before.jpg")]


@pytest.mark.parametrize("path", ["files/01-before.jpg", "files/01-before-annotated.jpg", "bundle.zip"])
def test_who_only_sees_the_case_is_refused_the_originals(kept: Kept, path: str) -> None:
    assert kept.get("acceptor", path)[0] == 403
    assert kept.looks() == []


@pytest.mark.parametrize("path", ["files/01-before.jpg", "bundle.zip", "verify", "public/01-before.jpg"])
def test_for_another_district_it_is_not_there(kept: Kept, path: str) -> None:
    kept.publish()

    assert kept.get("eastern", path)[0] == 404
    assert kept.looks() == []


@pytest.mark.parametrize("name", ["manifest.json", "..%2fmanifest.json", "%2e%2e%2f%2e%2e%2fkeys", "x" * 500])
def test_no_other_file_is_handed_out(kept: Kept, name: str) -> None:
    assert kept.get("reviewer", f"files/{name}")[0] == 404


def test_a_public_copy_is_for_all_who_see_the_case_and_nobodys_look(kept: Kept) -> None:
    kept.publish()

    assert kept.get("acceptor", "public/01-before.jpg") == (200, b"blurred")
    assert kept.looks() == []


def test_without_a_public_copy_nothing_is_shown(kept: Kept) -> None:
    page = kept.road.town.browser("acceptor", "en").get(f"/cases/{kept.case_id}/evidence").text

    assert kept.get("acceptor", "public/01-before.jpg")[0] == 404
    assert "no public copy" in page
    assert "<img" not in page.partition("<main")[2]
    assert "files/" not in page


def test_the_whole_bundle_verifies_where_it_is_taken(kept: Kept, tmp_path: Path) -> None:
    _, content = kept.get("reviewer", "bundle.zip")

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "taken")
    (folder,) = (tmp_path / "taken").iterdir()
    assert verify(folder, keys.of_home(kept.settings.home)) == []


def test_the_page_says_whether_it_stands(kept: Kept) -> None:
    whole = kept.get("acceptor", "verify")[1].decode()
    frame = keeping.folder_of(kept.settings, kept.row) / "01-before.jpg"
    frame.write_bytes(frame.read_bytes()[:-1] + b"x")
    broken = kept.get("acceptor", "verify")[1].decode()

    assert "证据完好" in whole
    assert "证据不完好" in broken
    assert "01-before.jpg" in broken


def test_who_opens_the_page_sees_who_looked(kept: Kept) -> None:
    kept.get("reviewer", "bundle.zip")

    page = kept.road.town.browser("leader", "en").get(f"/cases/{kept.case_id}/evidence").text

    assert "韩复核" in page
    assert "Who opened it (1)" in page


def test_a_case_shows_no_picture_of_a_camera_until_it_is_blurred(kept: Kept) -> None:
    seen = {
        login: kept.road.town.browser(login, "en").get(f"/cases/{kept.case_id}").text
        for login in ("acceptor", "reviewer", "leader")
    }

    for page in seen.values():
        assert "4 pictures of cameras are sealed" in page
        assert f"/cases/{kept.case_id}/photos/" not in page


@pytest.fixture
def still(kept: Kept) -> int:
    """A still that was put to the case."""
    given = stills.Taken(kept.road.seen.camera_id, "check", kept.road.clock.now(), picture(200))
    stills.keep(kept.road.town.database, kept.settings, kept.case_id, given)
    with kept.road.town.database.unit_of_work() as uow:
        (row,) = sealed_stills.of_case(uow.conn, kept.case_id)
        return int(row["id"])


@pytest.mark.parametrize(
    ("login", "status"), [("reviewer", 200), ("leader", 200), ("acceptor", 403), ("eastern", 404)]
)
def test_a_still_is_sealed_like_a_frame_and_every_look_is_told(
    kept: Kept, still: int, login: str, status: int
) -> None:
    town = kept.road.town

    with town.browser(login).get(f"/evidence/stills/{still}") as answer:
        got = (answer.status_code, answer.data == picture(200))
    page = town.browser("leader", "en").get(f"/cases/{kept.case_id}/evidence").text

    assert got == (status, status == 200)
    assert ("Who opened it (1)" in page) is (status == 200)
    assert "no public copy" in page


def test_who_may_not_open_a_still_is_offered_none(kept: Kept, still: int) -> None:
    page = kept.road.town.browser("acceptor", "en").get(f"/cases/{kept.case_id}/evidence").text

    assert "Stills of the camera in view" in page
    assert "/evidence/stills/" not in page


def test_the_frames_of_a_review_are_looks_at_originals(kept: Kept) -> None:
    reviewer = kept.road.town.browser("reviewer")
    part = reviewer.post("/review/take", data={}).text
    addresses = re.findall(r'src="(/evidence/[^"]+)"', part)

    for address in addresses:
        with reviewer.get(address) as answer:
            assert answer.status_code == 200

    assert len(kept.looks()) == 4


def read(kept: Kept) -> None:
    """Let a plate have been read, and the bundle have been written with it."""
    folder = keeping.folder_of(kept.settings, kept.row)
    said = orjson.loads((folder / "manifest.json").read_bytes())
    said["advice"] = {"plates": [{"text": "陕A12345", "confidence": 0.87}], "frames_looked_at": 3}
    (folder / "manifest.json").write_bytes(orjson.dumps(said))


def test_plate_text_is_advice_and_sealed_like_the_frames(kept: Kept) -> None:
    read(kept)
    address = f"/evidence/{kept.row['id']}/plates"

    leader, acceptor = (
        kept.road.town.browser(login, "en").get(f"/cases/{kept.case_id}/evidence").text
        for login in ("leader", "acceptor")
    )
    status, content = kept.get("reviewer", "plates")

    assert address in leader
    assert address not in acceptor
    assert "陕A12345" not in leader + acceptor
    assert (status, "陕A12345" in content.decode(), "87 %" in content.decode()) == (200, True, True)
    assert "仅供参考" in content.decode()
    assert kept.get("acceptor", "plates")[0] == 403
    assert kept.get("eastern", "plates")[0] == 404
    assert kept.looks() == [("韩复核", "plates")]


def test_a_reviewer_sees_plate_text_as_advice(kept: Kept) -> None:
    read(kept)

    part = kept.road.town.browser("reviewer", "en").post("/review/take").text

    assert "陕A12345" in part
    assert "Advice: read by a program" in part


def test_the_page_says_when_it_was_stamped_and_why_it_is_not(kept: Kept) -> None:
    told = []
    for at, trouble in ((None, "away"), (kept.road.clock.now(), "")):
        with kept.road.town.database.unit_of_work() as uow:
            evidence.set_stamp(uow.conn, kept.row["id"], at, trouble)
        told.append(kept.road.town.browser("acceptor", "en").get(f"/cases/{kept.case_id}/evidence").text)

    assert "No time stamp yet: the authority does not answer" in told[0]
    assert "Time stamp of the authority" in told[1]


@pytest.mark.parametrize("wide", [1440, 390])
def test_the_page_of_evidence_is_for_everybody(page: Page, kept: Kept, wide: int) -> None:
    kept.publish()
    folder = publishing.public_folder(kept.settings, kept.row)
    (folder / "01-before.jpg").write_bytes(picture(200))
    page.set_viewport_size({"width": wide, "height": 900})
    become(page, "韩复核")
    page.goto(f"/cases/{kept.case_id}/evidence")
    arrive(page, "/evidence")

    found = Axe().run(page)

    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
