"""Cases alike: as near and as new as their category says, the nearest first, and reports that join them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from engine.errors import Conflict, Invalid
from engine.store import attachments, cases
from engine.store.unit_of_work import UnitOfWork
from handlers import reporting
from handlers.alike import Spot, alike, under_way
from handlers.reporting import ReportInput
from handlers.store.catalogue import REVISION, category
from tests.handlers.conftest import FIRST_CELL, OUTSIDE, StoredCase

HERE = (108.9005, 34.2005)
#: 37 m and 65 m to the east.
NEAR, FAR = (108.9009, 34.2005), (108.9012, 34.2005)


def _category_says(uow: UnitOfWork, **values: int) -> None:
    of = (category.c.scheme == "gb30428") & (category.c.kind == "component") & (category.c.code == "0101")
    uow.conn.execute(update(category).where(of).values(**values))
    uow.changed(REVISION)


def _report(**values: Any) -> ReportInput:
    lon, lat = FIRST_CELL
    given = {"channel": "citizen", "kind": "component", "category": "0101", "description": "井盖破损"}
    return ReportInput(**{**given, "lon": lon, "lat": lat, "submission_key": "one", **values})


def test_all_are_given_in_the_order_of_their_distance(uow: UnitOfWork, stored_case: StoredCase) -> None:
    far, near = stored_case(at=NEAR), stored_case(at=(108.9006, 34.2005))
    case = stored_case(at=HERE)

    found = alike(uow, Spot.of(case.document))

    assert [one.id for one in found] == [near.id, far.id]


@pytest.mark.parametrize(("metres", "count"), [(36, 0), (38, 1), (66, 2)])
def test_how_near_is_said_by_the_category(
    uow: UnitOfWork, stored_case: StoredCase, metres: int, count: int
) -> None:
    stored_case(at=NEAR)
    stored_case(at=FAR)
    case = stored_case(at=HERE)
    _category_says(uow, similar_metres=metres)

    assert len(alike(uow, Spot.of(case.document))) == count


@pytest.mark.parametrize(("hours", "count"), [(24, 0), (48, 1)])
def test_how_new_is_said_by_the_category(
    uow: UnitOfWork, stored_case: StoredCase, hours: int, count: int
) -> None:
    case = stored_case(at=HERE)
    stored_case(at=NEAR, opened_at=uow.now - timedelta(hours=30))
    _category_says(uow, similar_hours=hours)

    assert len(alike(uow, Spot.of(case.document))) == count


def test_only_cases_under_way_are_suggested_with_their_first_photograph(
    uow: UnitOfWork, stored_case: StoredCase
) -> None:
    other = stored_case(at=NEAR)
    stored_case(at=NEAR, status="closed")
    photo = {"media_type": "image/jpeg", "bytes": 1, "width": 1, "height": 1, "added_at": uow.now}
    for digest, purpose in (("c", "check"), ("a", "report"), ("b", "report")):
        attachments.add(uow.conn, [{**photo, "case_id": other.id, "sha256": digest * 64, "purpose": purpose}])

    (found,) = under_way(uow, Spot.of(stored_case(at=HERE).document), 5)

    assert (found.id, found.photo) == (other.id, "a" * 64)


def test_no_more_are_suggested_than_are_asked_for(uow: UnitOfWork, stored_case: StoredCase) -> None:
    for _ in range(4):
        stored_case(at=NEAR)

    assert len(under_way(uow, Spot.of(stored_case(at=HERE).document), 3)) == 3


def test_a_report_is_told_what_it_may_be_about(uow: UnitOfWork, stored_case: StoredCase) -> None:
    other = stored_case(at=NEAR)

    assert [one.id for one in reporting.similar_to(uow, _report(), 5)] == [other.id]


@pytest.mark.parametrize(
    "lacking",
    [{"category": "9999"}, {"lon": OUTSIDE[0], "lat": OUTSIDE[1]}, {"lon": None, "lat": None}],
    ids=["unknown category", "outside the city", "no place"],
)
def test_a_report_that_says_too_little_is_told_nothing(
    uow: UnitOfWork, stored_case: StoredCase, lacking: dict[str, Any]
) -> None:
    stored_case(at=NEAR)

    assert reporting.similar_to(uow, _report(**lacking), 5) == []


def test_a_report_does_not_join_a_case_that_ended_meanwhile(uow: UnitOfWork, stored_case: StoredCase) -> None:
    ended = stored_case(at=NEAR, status="closed")

    with pytest.raises(Invalid) as refused:
        reporting.submit(uow, _report(joins=ended.number))

    assert list(refused.value.fields) == ["joins"]


def test_a_report_waits_for_no_second_lock(uow: UnitOfWork, stored_case: StoredCase) -> None:
    # The case that it names went into one that went into another while it waited: it comes again.
    last = stored_case(at=NEAR)
    middle = stored_case(at=NEAR, status="merged", merged_into_id=last.id)
    named = stored_case(at=NEAR, status="merged", merged_into_id=middle.id)
    for case in (last, middle, named):
        _with_instance(uow, case.id)

    with pytest.raises(Conflict):
        reporting.submit(uow, _report(joins=named.number))

    assert cases.merged_into(uow.conn, last.id)[0]["id"] == middle.id


def _with_instance(uow: UnitOfWork, case_id: int) -> None:
    from engine.store import bundles, instances

    version = bundles.latest(uow.conn, "case")
    assert version is not None
    instances.add(uow.conn, case_id, version["id"], b"", "running", uow.now)
