"""What no person would send: it is refused with a reason, and never an error of the program."""

from __future__ import annotations

import base64

import pytest

from tests.web.conftest import LAT, LON, Town

TOO_LARGE = "9" * 30
ENDLESS = "9" * 4000


def _mark(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/cases/{TOO_LARGE}", 404),
        (f"/cases/{ENDLESS}", 404),
        (f"/cases/{2**63}/diagram.bpmn", 404),
        (f"/api/v1/cases/{TOO_LARGE}", 404),
        (f"/cases?before={TOO_LARGE}", 422),
        ("/cases?before=x", 200),
        ("/cases?q=%00", 400),
        ("/cases?%00=1", 400),
        ("/cases?q=%FF%ED%A0%80", 200),
        ("/inbox?q=%00", 400),
        ("/inbox?stage=a%00b", 400),
        (f"/inbox?unit={TOO_LARGE}", 422),
        (f"/inbox?after={_mark(f'2026-01-01T00:00:00+00:00|{TOO_LARGE}')}", 422),
        (f"/inbox?after={_mark('0001-01-01T00:00:00+23:59|1')}", 200),
        ("/inbox?after=%F0%9F%98%80", 422),
        ("/cases/%00", 404),
        ("/cases/1/photos/..%2f..%2fsecret", 404),
        ("/static/..%2fapp.py", 404),
        ("/follow/%00", 404),
        ("/report/locate?lon=nan&lat=1", 422),
        ("/map/cell.geojson?box=nan,nan,nan,nan", 422),
        ("/map/cell.geojson?box=1e999,0,0,0", 422),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_address_that_nobody_would_write_is_no_fault_of_the_program(
    town: Town, path: str, status: int
) -> None:
    assert town.browser("acceptor").get(path).status_code == status


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        (f"/work-items/{TOO_LARGE}/claim", {}, 404),
        (f"/cases/{TOO_LARGE}/actions/void", {}, 404),
        ("/inbox/claim", {"item": TOO_LARGE}, 422),
        ("/sign-in", {"login": "\x00", "password": "x"}, 422),
        ("/sign-in", {"login": "a", "password": "\x00" * 10_000}, 422),
        ("/sign-in/demonstration", {"person": TOO_LARGE}, 404),
        ("/report", {"category": "event:\x00", "description": "x", "lon": "nan", "lat": "1e999"}, 422),
        ("/report", {"category": "event:0101", "description": "a\x00b", "lon": LON, "lat": LAT}, 422),
        (
            "/report",
            {"category": "event:0101", "description": "x", "lon": LON, "lat": LAT, "key": "a\x00"},
            303,
        ),
        ("/language", {"language": "zh\x00", "next": "//evil.example"}, 303),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_form_that_nobody_would_send_is_no_fault_of_the_program(
    town: Town, path: str, data: dict[str, str], status: int
) -> None:
    assert town.browser("acceptor").post(path, data=data).status_code == status


@pytest.mark.parametrize("values", [{"condition_no": TOO_LARGE}, {"condition_no": "nan"}, {"reason": "\x00"}])
def test_an_answer_that_no_column_holds_is_refused(town: Town, values: dict[str, str]) -> None:
    response = town.complete(town.reported(), "acceptor", decision="accept", **values)

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"--a\r\nfoo"),
        ("multipart/form-data; boundary=" + "a" * 300, b"x"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"a=%ff"),
        ("application/json", b"{"),
        ("\xff", b"\x00"),
    ],
)
def test_a_body_that_is_no_form_is_an_empty_one(town: Town, content_type: str, body: bytes) -> None:
    response = town.browser("acceptor").post("/report", data=body, content_type=content_type)

    assert response.status_code in {400, 422}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PATCH"])
def test_a_method_that_a_page_does_not_have_is_refused(town: Town, method: str) -> None:
    assert town.browser("acceptor").open("/inbox", method=method).status_code == 405


def test_a_page_takes_no_key_of_a_program(town: Town) -> None:
    first = town.reported(submission_key="api:1:hotline-1")
    # Of another category: the case of the first is no suggestion to join.
    data = {"category": "event:0102", "description": "x", "lon": LON, "lat": LAT, "key": "api:1:hotline-1"}

    response = town.browser().post("/report", data=data)

    assert response.location.startswith("/follow/")
    assert town.reported(submission_key="api:1:hotline-1") == first


def test_what_is_told_of_many_refusals_goes_into_a_cookie(town: Town) -> None:
    response = town.browser("acceptor").post("/inbox/claim", data={"item": list(range(1_000_000, 1_000_200))})

    assert response.status_code == 303
    assert len(response.headers["Set-Cookie"]) < 4000
