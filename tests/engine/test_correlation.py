"""Messages between cases: sent with the step, taken once by the one who waits under the key, kept where they come early."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import event, text

from engine import correlation, incidents, job_queue, work
from engine.actors import SYSTEM
from engine.bpmn import DiagramError
from engine.clock import SteppedClock
from engine.deployment import deploy
from engine.errors import Stopped
from engine.log import data_of
from engine.post import KEPT_FOR, Letter, post
from engine.reports import open_case
from engine.settings import Settings
from engine.store import cases, log_entries, units, work_items
from tests.bpmn.diagrams import flows, process
from tests.engine.conftest import Town
from tests.engine.workers import run_all, waiting

MESSAGES = (
    '<message id="m_start" name="x.start"/><message id="m_done" name="x.done"/><signal id="storm" name="storm"/>'
)


def element(kind: str, element_id: str, inner: str = "", marks: str = "", **properties: str) -> str:
    """An element with a name and properties."""
    given = "".join(f'<spiffworkflow:property name="{n}" value="{v}"/>' for n, v in properties.items())
    holder = (
        f"<extensionElements><spiffworkflow:properties>{given}</spiffworkflow:properties></extensionElements>"
    )
    return f'<{kind} id="{element_id}" name="{element_id}" {marks}>{holder}{inner}</{kind}>'


def step(element_id: str) -> str:
    return element("userTask", element_id, role="acceptor", limit="4", unit_of_time="work_hour")


def message(reference: str, payload: str = "") -> str:
    inner = f"<spiffworkflow:messagePayload>{payload}</spiffworkflow:messagePayload>" if payload else ""
    return f'<messageEventDefinition messageRef="{reference}"><extensionElements>{inner}</extensionElements></messageEventDefinition>'


STORM = '<signalEventDefinition signalRef="storm"/>'

#: The city's case: it asks the district, waits for the answer, and a person reads it.
CITY = process(
    '<startEvent id="s"/>'
    + step("ask")
    + element("intermediateThrowEvent", "start", message("m_start", "{'level': 2}"), correlation="key", to="'east'")
    + element("intermediateCatchEvent", "answer", message("m_done"), correlation="key")
    + step("read") + '<endEvent id="e"/>' + flows("s ask start answer read e"),
    before=MESSAGES,
    name="case",
)  # fmt: skip

#: The district's: begun by the message, answered after a person did it.
DISTRICT = process(
    element("startEvent", "begin", message("m_start"), key_variable="city_key")
    + step("do")
    + element("endEvent", "tell", message("m_done", "{'result': result, 'level': level}"), correlation="city_key")
    + flows("begin do tell"),
    before=MESSAGES,
    name="help",
)  # fmt: skip


@dataclass
class Two:
    """The town with a district's platform and both processes."""

    town: Town
    east: int

    def run(self) -> None:
        run_all(self.town.database)

    def at(self) -> list[tuple[int, str]]:
        """Case and element of every open work item."""
        with self.town.database.unit_of_work() as uow:
            found = uow.conn.execute(
                text("SELECT case_id, element_id FROM work_item WHERE state = 'open' ORDER BY id")
            )
            return [(case_id, name) for case_id, name in found]

    def do(self, case_id: int, **values: Any) -> None:
        """Complete the only open work item of a case."""
        with self.town.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, case_id)
            row = work_items.lock(uow.conn, item["id"])
            assert row is not None
            from engine.execution import Completion, Execution
            from engine.stopping import stopping

            with stopping("step", row, task_id=row["item_task_id"]):
                execution = Execution.of(uow, row, self.town.acceptor)
                execution.complete(row["item_task_id"], values)
                execution.write(Completion(item["id"], item["version"], item["task_id"], None))

    def count(self, table: str, condition: str = "true") -> int:
        with self.town.database.unit_of_work() as uow:
            return int(uow.conn.execute(text(f"SELECT count(*) FROM {table} WHERE {condition}")).scalar_one())

    def deploy(self, **files: bytes) -> None:
        with self.town.database.unit_of_work() as uow:
            deploy(uow, {f"{name}.bpmn": content for name, content in files.items()}, SYSTEM)

    def send(self, message_id: str = "m1", **changes: Any) -> bool:
        """A message of a foreign program."""
        given: dict[str, Any] = {
            "sender": "hospital",
            "message_id": message_id,
            "name": "x.done",
            "key": "k1",
            "payload": "{}",
            "platform_id": self.town.city,
        }
        with self.town.database.unit_of_work() as uow:
            return post(uow, Letter(**{**given, **changes}))

    def log(self, case_id: int, action: str) -> list[Mapping[str, Any]]:
        with self.town.database.unit_of_work() as uow:
            rows = log_entries.of_case(uow.conn, case_id)
        return [data_of(row) for row in rows if row["action"] == action]


@pytest.fixture
def two(town: Town) -> Two:
    with town.database.unit_of_work() as uow:
        east = units.save(
            uow.conn,
            {
                "code": "east", "name_zh": "东", "name_en": "East", "kind": "district", "parent_id": town.city,
                "is_platform": True, "area_code": None, "unit_type": None,
            },
        )  # fmt: skip
        uow.changed("units")
    made = Two(town, east)
    made.deploy(case=CITY)
    made.deploy(help=DISTRICT)
    return made


def asked(two: Two, key: str = "k1", report: str = "first") -> int:
    """A city's case that has asked under a key."""
    opened = two.town.opened(report)
    two.do(opened.id, key=key)
    return opened.id


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


def test_a_message_that_comes_early_waits(two: Two) -> None:
    two.send()
    two.run()
    assert two.count("message_inbox", "taken_at IS NULL") == 1

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


LISTENS = process(
    '<startEvent id="s"/>'
    + step("wait")
    + element("boundaryEvent", "hears", STORM, 'attachedToRef="wait"')
    + step("shelter") + '<endEvent id="e"/>' + flows("s wait e", "hears shelter e"),
    before=MESSAGES,
    name="case",
)  # fmt: skip
CALLS = process(
    '<startEvent id="s"/>' + step("look")
    + element("intermediateThrowEvent", "warn", STORM)
    + step("after") + '<endEvent id="e"/>' + flows("s look warn after e"),
    before=MESSAGES,
    name="weather",
)  # fmt: skip


def warned(two: Two) -> list[int]:
    return [case for case, name in two.at() if name == "shelter"]


@pytest.fixture
def listening(two: Two) -> Two:
    two.deploy(case=LISTENS)
    two.deploy(weather=CALLS)
    return two


def warn(two: Two, report: str = "w") -> None:
    with two.town.database.unit_of_work() as uow:
        opened = open_case(uow, two.town.report(report), process_key="weather")
    two.do(opened.id)


def test_a_signal_reaches_every_case_that_waits(listening: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.signals.PORTION", 2)
    waiting_cases = [listening.town.opened(f"r{n}").id for n in range(5)]

    warn(listening)
    listening.run()

    assert warned(listening) == waiting_cases
    assert listening.count("subscription") == 0


def test_a_signal_that_comes_twice_changes_nothing(listening: Two) -> None:
    case_id = listening.town.opened().id
    warn(listening)
    columns = "queue_name, task_name, priority, lock, args"
    with listening.town.database.unit_of_work() as uow:
        uow.conn.execute(
            text(f"INSERT INTO procrastinate_jobs ({columns}) SELECT {columns} FROM procrastinate_jobs")
        )
    listening.run()

    assert warned(listening) == [case_id]
    assert len(listening.log(case_id, "signal")) == 1


def test_who_begins_to_wait_later_does_not_hear_it(listening: Two, clock: SteppedClock) -> None:
    warn(listening)
    clock.advance(timedelta(seconds=1))
    listening.town.opened()

    listening.run()

    assert warned(listening) == []


def test_a_called_process_has_its_steps_and_the_caller_waits_for_it(two: Two) -> None:
    caller = process(
        '<startEvent id="s"/><callActivity id="call" name="call" calledElement="visit"/>' + step("read")
        + '<endEvent id="e"/>' + flows("s call read e"), name="case",
    )  # fmt: skip
    visit = process(
        '<startEvent id="vs"/>' + step("go") + '<endEvent id="ve"/>' + flows("vs go ve"), name="visit"
    )
    two.deploy(case=caller, visit=visit)
    case_id = two.town.opened().id
    assert two.at() == [(case_id, "go")]

    with two.town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, case_id)
        work.complete(uow, item["id"], two.town.acceptor, {})

    assert two.at() == [(case_id, "read")]


def test_jobs_are_written_and_read_again() -> None:
    job = job_queue.signal_job(case_id=1, task_id="t", name="storm", payload="{}")

    again = job_queue.from_text(job_queue.to_text(job))

    assert (again.task_name, again.lock, again.task_kwargs) == (job.task_name, job.lock, job.task_kwargs)
