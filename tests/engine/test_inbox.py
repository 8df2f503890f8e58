"""The inbox of somebody with several posts: one list in the order of what is due, page by page, and how much there is."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest

from engine import inbox, work
from engine.actors import Actor
from engine.clock import SteppedClock
from engine.inbox import Wanted
from tests.engine.conftest import Town


@pytest.fixture
def busy(town: Town, clock: SteppedClock) -> Actor:
    """A person who accepts and handles; five cases wait for an acceptor and two for the crew, one of them theirs."""
    actor = Actor(town.handler.person_id, "Both", town.handler.grants | town.acceptor.grants)
    for number in range(7):
        opened = town.opened(f"case {number}")
        if number % 3 == 1:
            with town.database.unit_of_work() as uow:
                work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})
        clock.advance(timedelta(minutes=7))
        if number == 4:
            with town.database.unit_of_work() as uow:
                work.claim(uow, town.waiting(opened.id), actor)
    return actor


def _pages(town: Town, actor: Actor, limit: int) -> list[list[int]]:
    pages, after = [], None
    with town.database.unit_of_work() as uow:
        while True:
            page = inbox.page(uow, actor, Wanted(), limit=limit, after=after)
            pages.append([item["id"] for item in page.items])
            if page.next is None:
                return pages
            after = page.next


def test_what_is_due_first_comes_first_whatever_post_it_is_for(town: Town, busy: Actor) -> None:
    with town.database.unit_of_work() as uow:
        items = inbox.page(uow, busy, Wanted()).items

    assert {item["role"] for item in items} == {"acceptor", "handler"}
    assert [item["due_at"] for item in items] == sorted(item["due_at"] for item in items)


def test_pages_follow_each_other_without_gap_or_repetition(town: Town, busy: Actor) -> None:
    (whole,) = _pages(town, busy, 50)

    pages = _pages(town, busy, 2)

    assert len(whole) == 7
    assert list(chain.from_iterable(pages)) == whole


def test_what_the_person_has_and_what_nobody_has_is_counted_apart(town: Town, busy: Actor) -> None:
    with town.database.unit_of_work() as uow:
        found = inbox.counts(uow, busy)

    assert (found["all"], found["mine"], found["group"]) == (7, 1, 6)


def test_a_unit_narrows_the_list_to_what_waits_there(town: Town, busy: Actor) -> None:
    with town.database.unit_of_work() as uow:
        items = inbox.page(uow, busy, Wanted(unit_id=town.crew)).items

    assert [item["unit_id"] for item in items] == [town.crew, town.crew]


def test_somebody_without_a_post_has_an_empty_inbox(town: Town) -> None:
    nobody = Actor(town.stranger.person_id, "Nobody")

    with town.database.unit_of_work() as uow:
        page, found = inbox.page(uow, nobody, Wanted("group")), inbox.counts(uow, nobody, Wanted())

    assert (page.items, found["all"]) == ([], 0)
