"""Messages between cases: sent with the step, taken once by the one who waits under the key, kept where they come early."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import event, text

from engine import correlation, incidents, job_queue, moves
from engine.actors import SYSTEM
from engine.bpmn import DiagramError
from engine.clock import SteppedClock
from engine.errors import Stopped
from engine.post import KEPT_FOR
from engine.reports import open_case
from engine.settings import Settings
from engine.store import cases, start_messages, work_items
from tests.engine.conftest import Town
from tests.engine.correspondence import CITY, DISTRICT, TWICE, Two, asked, founded
from tests.engine.workers import run_all, waiting


@pytest.fixture
def two(town: Town) -> Two:
    return founded(town)


def test_a_case_opens_one_at_another_platform_and_waits_for_its_answer(two: Two) -> None:
    city = asked(two)
    two.run()
    ((district, at),) = two.at()
    with two.town.database.unit_of_work() as uow:
        opened = cases.read(uow.conn, district)
    assert opened is not None
    assert (at, opened["platform_id"], opened["channel"], opened["address"]) == (
        "do", two.east, "exchange", "West Street",
    )  # fmt: skip

    two.do(district, result="fine")
    two.run()

    assert two.at() == [(city, "read")]
    assert two.log(city, "message") == [{"message": "x.done", "key": "k1", "case": district}]
    assert two.log(city, "sent") == [{"message": "x.start", "key": "k1"}]


def test_the_payload_arrives(two: Two) -> None:
    city = asked(two)
    two.run()
    ((district, _),) = two.at()
    two.do(district, result="fine")
    two.run()

    from engine.bpmn import Instance
    from engine.bundles import bundle_of
    from engine.store import instances

    with two.town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, city)
        assert row is not None
        instance = Instance.restore(bundle_of(uow, row["bundle_hash"]).definitions, bytes(row["state"]))
    assert (instance.variables["result"], instance.variables["level"]) == ("fine", 2)


def test_nothing_is_sent_by_a_step_that_is_rolled_back(two: Two) -> None:
    opened = two.town.opened()

    with pytest.raises(Stopped):
        two.do(opened.id, key="")

    assert (two.count("message_inbox"), waiting(two.town.database)) == (0, 0)


def test_of_two_cases_the_one_with_the_key_takes_the_message(two: Two) -> None:
    asked(two, "k1", "first")
    second = asked(two, "k2", "second")

    two.send(key="k2")
    two.run()

    assert (second, "read") in two.at()
    assert two.count("subscription") == 1


def test_a_message_is_taken_once_however_often_it_comes(two: Two) -> None:
    first, second = asked(two, report="first"), asked(two, report="second")

    assert [two.send(), two.send()] == [True, False]
    two.run()

    assert [case for case, name in two.at() if name == "read"] == [first]
    assert two.send("m2") is True
    two.run()
    assert [case for case, name in two.at() if name == "read"] == [first, second]


def test_several_messages_at_once_for_one_who_waits(two: Two) -> None:
    city = asked(two)
    for number in range(4):
        two.send(f"m{number}")

    run_all(two.town.database, concurrency=4)

    assert [case for case, name in two.at() if name == "read"] == [city]
    assert two.count("message_inbox", "sender <> '' AND taken_at IS NULL") == 3


def test_one_message_is_taken_by_one_of_those_who_wait(two: Two) -> None:
    for number in range(3):
        asked(two, report=f"r{number}")
    two.run()
    two.send()
    columns = "queue_name, task_name, priority, lock, args"
    with two.town.database.unit_of_work() as uow:
        for _ in range(2):
            uow.conn.execute(
                text(f"INSERT INTO procrastinate_jobs ({columns}) SELECT {columns} FROM procrastinate_jobs")
            )

    run_all(two.town.database, concurrency=4)

    assert [name for _, name in two.at()].count("read") == 1


def test_a_message_that_comes_early_waits(two: Two) -> None:
    two.send()
    two.run()
    assert two.count("message_inbox", "taken_at IS NULL") == 1

    city = asked(two)
    two.run()

    assert (city, "read") in two.at()


def test_two_who_wait_meet_two_messages_that_came_early(two: Two) -> None:
    two.send("m1")
    two.send("m2")
    two.run()

    cities = [asked(two, report="first"), asked(two, report="second")]
    two.run()

    assert [case for case, name in two.at() if name == "read"] == cities
    assert two.count("message_inbox", "sender <> '' AND taken_at IS NULL") == 0


def test_one_case_that_waits_twice_meets_two_messages_that_came_early(two: Two) -> None:
    two.deploy(case=TWICE)
    two.send("m1")
    two.send("m2")
    two.run()

    city = asked(two)
    two.run()

    assert (city, "read") in two.at()


def test_an_early_message_expires(two: Two, clock: SteppedClock) -> None:
    two.send()
    two.run()
    clock.advance(KEPT_FOR)

    assert correlation.remove_expired(two.town.database, Settings.from_environment({})) == 1

    asked(two)
    two.run()
    assert "read" not in [name for _, name in two.at()]


def test_an_expired_message_is_not_taken_even_before_it_is_removed(two: Two, clock: SteppedClock) -> None:
    two.send()
    clock.advance(KEPT_FOR + timedelta(seconds=1))

    asked(two)
    two.run()

    assert "read" not in [name for _, name in two.at()]


def test_a_message_for_nobody_changes_nothing(two: Two) -> None:
    asked(two)
    two.run()
    before = two.at()

    two.send(key="other")
    two.run()

    assert two.at() == before


def test_a_sender_reaches_its_platform_and_below_only(two: Two) -> None:
    asked(two)

    two.send(platform_id=two.east)
    two.run()

    assert "read" not in [name for _, name in two.at()]


def test_every_job_delivered_twice_changes_nothing(two: Two) -> None:
    columns = "queue_name, task_name, priority, lock, args"
    repeat = text(f"INSERT INTO procrastinate_jobs ({columns}) SELECT {columns} FROM procrastinate_jobs")
    asked(two)
    with two.town.database.unit_of_work() as uow:
        uow.conn.execute(repeat)
    two.run()

    assert [name for _, name in two.at()] == ["do"]


def test_a_foreign_message_may_open_a_case(two: Two) -> None:
    payload = {
        "kind": "event", "category": "0101", "description": "ice on the road", "lon": 108.9, "lat": 34.2, "level": 1,
    }  # fmt: skip
    two.send(name="x.start", key="h-1", payload=orjson.dumps(payload).decode())
    two.run()

    ((case_id, name),) = two.at()
    assert name == "do"
    two.do(case_id, result="gritted")
    two.run()
    assert two.count("message_inbox", "name = 'x.done' AND key = 'h-1'") == 1


def test_a_foreign_message_that_says_too_little_becomes_an_incident(two: Two) -> None:
    two.send(name="x.start", payload="{}")
    two.run()

    with two.town.database.unit_of_work() as uow:
        (found,) = incidents.listed(uow, SYSTEM)
    assert (found["kind"], two.at()) == ("message", [])


def test_a_message_the_process_cannot_go_on_with_becomes_an_incident_and_is_taken_when_retried(
    two: Two,
) -> None:
    city = asked(two)
    two.run()
    ((district, _),) = two.at()
    with two.town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, district)
    two.deploy(case=CITY)
    two.send(payload='{"typename": 1}')
    two.run()
    with two.town.database.unit_of_work() as uow:
        (found,) = incidents.listed(uow, SYSTEM)
    assert (found["kind"], found["case_id"], found["element_id"]) == ("message", city, "answer")

    with two.town.database.unit_of_work() as uow:
        uow.conn.execute(text("UPDATE message_inbox SET payload = '{}' WHERE sender = 'hospital'"))
        incidents.retry(uow, found["id"], SYSTEM, "mended")
    two.run()

    assert (city, "read") in two.at()
    assert item["element_id"] == "do"


def test_a_message_to_no_platform_stops_the_step(two: Two) -> None:
    two.deploy(case=CITY.replace(b"'east'", b"'crew'"))
    opened = two.town.opened()

    with pytest.raises(Stopped, match="crew is not the code of a platform"):
        two.do(opened.id, key="k1")


def test_a_message_begins_one_process_only(two: Two) -> None:
    with pytest.raises(DiagramError, match="begins the process"):
        two.deploy(other=DISTRICT.replace(b'id="help"', b'id="other"'))


def test_a_process_that_no_longer_begins_with_a_message_gives_it_up(two: Two) -> None:
    two.deploy(help=DISTRICT.replace(b"x.start", b"x.begin"))

    two.deploy(other=DISTRICT.replace(b'id="help"', b'id="other"'))

    assert two.count("start_message") == 2


def test_a_message_is_handed_on_within_a_bundle(two: Two) -> None:
    other = DISTRICT.replace(b'id="help"', b'id="other"')

    two.deploy(help=DISTRICT.replace(b"x.start", b"x.begin"), other=other)

    with two.town.database.unit_of_work() as uow:
        assert start_messages.process_of(uow.conn, "x.start") == "other"


def test_a_message_and_the_one_who_waits_do_not_pass_each_other_by(two: Two) -> None:
    """The message comes after the step looked into the inbox, and before its subscription can be seen."""
    opened = two.town.opened()
    sent: list[bool] = []
    import threading

    thread = threading.Thread(target=lambda: sent.append(two.send()))

    def send(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith("INSERT INTO subscription"):
            thread.start()
            # It waits for the address that the step holds; it must not get through before.
            thread.join(0.3)
            assert not sent

    event.listen(two.town.database.engine, "after_cursor_execute", send)
    two.do(opened.id, key="k1")
    event.remove(two.town.database.engine, "after_cursor_execute", send)
    thread.join()
    two.run()

    assert (opened.id, "read") in two.at()


def test_a_step_that_changes_no_subscription_costs_no_statement(two: Two, town: Town) -> None:
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    opened = town.opened()
    event.listen(town.database.engine, "after_cursor_execute", note)
    with town.database.unit_of_work() as uow:
        open_case(uow, town.report("second"))
    event.remove(town.database.engine, "after_cursor_execute", note)

    assert not [
        one
        for one in seen
        if "subscription" in one or "message_inbox" in one or ("advisory" in one and "space" in one)
    ]
    assert opened.id


def test_an_ended_case_waits_for_nothing(two: Two) -> None:
    city = asked(two)
    assert two.count("subscription") == 1
    two.send()
    two.run()

    assert two.count("subscription", f"case_id = {city}") == 0


def test_a_case_that_waits_is_still_reached_after_it_went_over_to_another_version(two: Two) -> None:
    city = asked(two)
    two.deploy(case=CITY.replace(b'name="read"', b'name="read it"'))
    with two.town.database.unit_of_work() as uow:
        verdict = moves.move(uow, city, 3, SYSTEM, "a better name")
    assert verdict.reasons == ()

    two.send()
    two.run()

    assert (city, "read") in two.at()


def test_jobs_are_written_and_read_again() -> None:
    job = job_queue.signal_job(case_id=1, task_id="t", name="storm", payload="{}")

    again = job_queue.from_text(job_queue.to_text(job))

    assert (again.task_name, again.lock, again.task_kwargs) == (job.task_name, job.lock, job.task_kwargs)
