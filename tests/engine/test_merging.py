"""Cases about the same problem become one: reports and reporters join, the process ends, and all of it can be undone."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import actions, cases, housekeeping, log, merging, tasks, timers, work
from engine.actors import SYSTEM, Actor
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.effects import Effect
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Stopped
from engine.joining import join_case
from engine.log import data_of
from engine.reports import Opened, Report, open_case
from engine.settings import Settings
from engine.store import attachments, instances, log_entries, merges, units, work_items
from engine.store import cases as stored_cases
from tests.engine.conftest import DIAGRAMS, Town

FORM = Path(__file__).parents[2] / "processes" / "case" / "forms" / "merge.json"

LATE = """<bpmn:boundaryEvent id="late" attachedToRef="accept" cancelActivity="false"><bpmn:outgoing>f10</bpmn:outgoing>
      <bpmn:timerEventDefinition id="t3"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">'PT1H'</bpmn:timeDuration>
      </bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f10" sourceRef="late" targetRef="told"/>
    <bpmn:endEvent id="told"><bpmn:incoming>f10</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>"""


def _bundle(*pairs: tuple[str, str]) -> dict[str, bytes]:
    """The small process with a message merge in the place of void, and a timer at its first step."""
    files = read_folder(DIAGRAMS)
    drawn = files["two_steps.bpmn"].decode()
    ours = (
        ('<bpmn:message id="message_void" name="void"/>', '<bpmn:message id="message_void" name="merge"/>'),
        ("forms/void.json", "forms/merge.json"),
        ('name="outcome" value="void"', 'name="outcome" value="merged"'),
        ("</bpmn:process>", LATE),
    )
    for old, new in (*ours, *pairs):
        assert old in drawn, old
        drawn = drawn.replace(old, new)
    return {**files, "two_steps.bpmn": drawn.encode(), "forms/merge.json": FORM.read_bytes()}


@pytest.fixture
def merging_town(town: Town) -> Town:
    with town.database.unit_of_work() as uow:
        deploy(uow, _bundle(), SYSTEM)
    return town


def _row(town: Town, case_id: int) -> Mapping[str, Any]:
    with town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id)
        assert row is not None
        return row


def _merge(town: Town, case: Opened, into: str, actor: Actor | None = None) -> None:
    with town.database.unit_of_work() as uow:
        actions.act(uow, case.id, "merge", actor or town.acceptor, {"into": into})


def _undo(town: Town, case: Opened, actor: Actor | None = None) -> None:
    with town.database.unit_of_work() as uow:
        merging.undo(uow, case.id, actor or town.acceptor)


def _followed(town: Town, opened: Opened) -> Mapping[str, Any]:
    assert opened.follow is not None
    with town.database.unit_of_work() as uow:
        return cases.follow(uow, opened.follow).case


def _entries(town: Town, case_id: int, action: str) -> list[dict[str, Any]]:
    with town.database.unit_of_work() as uow:
        return [data_of(row) for row in log_entries.of_case(uow.conn, case_id) if row["action"] == action]


def _breaks(town: Town) -> list[log.Break]:
    with town.database.unit_of_work() as uow:
        return list(log.verify(uow))


def test_the_merged_case_ends_and_says_into_which(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")

    _merge(merging_town, second, first.number)

    row = _row(merging_town, second.id)
    assert (row["status"], row["stage"], row["instance_status"]) == ("merged", "merged", "ended")
    assert row["merged_into_id"] == first.id
    assert _entries(merging_town, second.id, "merged") == [{"into": first.number, "reports": 1}]
    assert _entries(merging_town, first.id, "took_in") == [
        {"case": second.number, "case_id": second.id, "reports": 1}
    ]


def test_nobody_waits_for_the_merged_case_any_more(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    item = merging_town.waiting(second.id)

    _merge(merging_town, second, first.number)

    with merging_town.database.unit_of_work() as uow:
        assert work_items.open_of_case(uow.conn, second.id) == []
        assert _timers(uow.conn) == [first.id]
        with pytest.raises(Conflict, match="took this work item back"):
            work.complete(uow, item, merging_town.acceptor, {"decision": "accept"})


def _timers(conn: Any) -> list[int]:
    return list(conn.exec_driver_sql("SELECT case_id FROM timer ORDER BY case_id").scalars())


def test_both_reporters_are_at_the_case_that_goes_on(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")

    _merge(merging_town, second, first.number)

    assert [_followed(merging_town, one)["number"] for one in (first, second)] == [first.number] * 2
    assert _followed(merging_town, first)["status"] == "open"


def test_photographs_of_the_merged_case_are_seen_at_the_other(merging_town: Town) -> None:
    photo = {"sha256": "a" * 64, "media_type": "image/jpeg", "bytes": 1, "width": 1, "height": 1}
    photo |= {"purpose": "report", "taken_at": None, "lon": None, "lat": None}
    first = merging_town.opened("one")
    with merging_town.database.unit_of_work() as uow:
        second = open_case(uow, merging_town.report("two", photos=[photo]))

    _merge(merging_town, second, first.number)

    with merging_town.database.unit_of_work() as uow:
        assert [one["sha256"] for one in attachments.of_case(uow.conn, first.id)] == ["a" * 64]
        assert attachments.read(uow.conn, first.id, "a" * 64) is not None


def test_a_merge_reaches_both_reporters_and_can_be_undone(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    with merging_town.database.unit_of_work() as uow:
        work.claim(uow, work_items.open_of_case(uow.conn, second.id)[0]["id"], merging_town.second_acceptor)
        (before,) = work_items.open_of_case(uow.conn, second.id)
        waited = _timers(uow.conn)
    stood = _row(merging_town, second.id)

    _merge(merging_town, second, first.number)
    _undo(merging_town, second)

    row = _row(merging_town, second.id)
    same = ("status", "stage", "due_at", "closed_at", "merged_into_id", "instance_status", "state")
    assert {name: row[name] for name in same} == {name: stood[name] for name in same}
    with merging_town.database.unit_of_work() as uow:
        (after,) = work_items.open_of_case(uow.conn, second.id)
        assert _timers(uow.conn) == waited
    assert {**after, "version": 0} == {**before, "version": 0}
    assert [_followed(merging_town, one)["id"] for one in (first, second)] == [first.id, second.id]
    assert _entries(merging_town, second.id, "merge_undone") == [{"into": first.number, "reports": 1}]
    assert len(_entries(merging_town, first.id, "gave_back")) == 1
    assert _breaks(merging_town) == []


def test_a_case_that_was_merged_and_parted_goes_on_to_its_end(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)
    _undo(merging_town, second)

    with merging_town.database.unit_of_work() as uow:
        work.complete(
            uow,
            work_items.open_of_case(uow.conn, second.id)[0]["id"],
            merging_town.acceptor,
            {"decision": "accept"},
        )
    with merging_town.database.unit_of_work() as uow:
        item = work_items.open_of_case(uow.conn, second.id)[0]["id"]
        work.complete(uow, item, merging_town.handler, {"decision": "done"})

    assert _row(merging_town, second.id)["status"] == "closed"


def test_a_timer_that_fell_due_meanwhile_fires_after_the_undoing(
    merging_town: Town, clock: SteppedClock
) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)
    clock.advance(timedelta(hours=2))
    _undo(merging_town, second)

    with merging_town.database.unit_of_work() as uow:
        timers.fire(uow, second.id)

    assert len(_entries(merging_town, second.id, "timer")) == 1


def test_a_case_can_be_merged_again_after_an_undoing(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)
    _undo(merging_town, second)

    _merge(merging_town, first, second.number)

    assert _followed(merging_town, first)["id"] == second.id


def _refusal(town: Town, case: Opened, into: str, actor: Actor | None = None) -> str:
    with pytest.raises(Invalid) as refused:
        _merge(town, case, into, actor)
    return str(refused.value.fields["into"])


def test_what_cannot_be_merged_is_refused_with_the_reason(merging_town: Town) -> None:
    first, second, third = (merging_town.opened(name) for name in ("one", "two", "three"))
    _merge(merging_town, second, first.number)

    assert "no case with this number" in _refusal(merging_town, third, "20200101000001")
    assert "itself" in _refusal(merging_town, third, third.number)
    assert f"merge this one into {first.number}" in _refusal(merging_town, third, second.number)
    assert "Fill this in" in _refusal(merging_town, third, " ")


def test_a_case_that_stands_for_another_is_not_merged(merging_town: Town) -> None:
    first, second, third = (merging_town.opened(name) for name in ("one", "two", "three"))
    _merge(merging_town, second, first.number)

    with pytest.raises(Conflict, match=f"The case {second.number} was merged into this one"):
        _merge(merging_town, first, third.number)


def test_cases_that_have_ended_are_not_merged(merging_town: Town) -> None:
    first, second, third = (merging_town.opened(name) for name in ("one", "two", "three"))
    for item_of, actor, values in (
        (first, merging_town.acceptor, {"decision": "accept"}),
        (first, merging_town.handler, {"decision": "done"}),
    ):
        with merging_town.database.unit_of_work() as uow:
            work.complete(uow, work_items.open_of_case(uow.conn, item_of.id)[0]["id"], actor, values)

    assert "has ended" in _refusal(merging_town, second, first.number)
    with pytest.raises(Conflict):
        _merge(merging_town, first, third.number)


def test_a_case_of_another_platform_is_not_found(merging_town: Town) -> None:
    with merging_town.database.unit_of_work() as uow:
        row = {
            "code": "zone",
            "name_zh": "区",
            "name_en": "Zone",
            "kind": "zone",
            "parent_id": merging_town.city,
        }
        zone = units.save(uow.conn, {**row, "is_platform": True, "area_code": None, "unit_type": None})
        uow.changed("units")
        elsewhere = open_case(uow, merging_town.report("elsewhere", platform_id=zone))
        stored_cases.next_number(uow.conn, merging_town.city, uow.now.date())
    case = merging_town.opened("one")

    assert elsewhere.number != case.number
    assert "no case with this number" in _refusal(merging_town, case, elsewhere.number)


def test_only_the_roles_of_the_diagram_merge_and_undo(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    with merging_town.database.unit_of_work() as uow:
        work.complete(
            uow,
            work_items.open_of_case(uow.conn, second.id)[0]["id"],
            merging_town.acceptor,
            {"decision": "accept"},
        )

    with pytest.raises(Forbidden):
        _merge(merging_town, second, first.number, merging_town.handler)
    with pytest.raises(NotFound):
        _merge(merging_town, second, first.number, merging_town.stranger)
    _merge(merging_town, second, first.number, merging_town.leader)
    with pytest.raises(Forbidden):
        _undo(merging_town, second, merging_town.handler)
    with pytest.raises(NotFound):
        _undo(merging_town, second, merging_town.stranger)


def test_a_merge_is_undone_within_a_week_only(merging_town: Town, clock: SteppedClock) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)
    clock.advance(merging.UNDONE_WITHIN + timedelta(seconds=1))

    with pytest.raises(Conflict, match="cannot be undone any more"):
        _undo(merging_town, second)


def test_a_merge_is_not_undone_after_the_other_case_has_ended(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)
    for actor, values in (
        (merging_town.acceptor, {"decision": "accept"}),
        (merging_town.handler, {"decision": "done"}),
    ):
        with merging_town.database.unit_of_work() as uow:
            work.complete(uow, work_items.open_of_case(uow.conn, first.id)[0]["id"], actor, values)

    with pytest.raises(Conflict, match="cannot be undone any more"):
        _undo(merging_town, second)


def test_what_was_not_merged_is_not_undone(merging_town: Town) -> None:
    case = merging_town.opened("one")

    with pytest.raises(Conflict, match="was not merged"):
        _undo(merging_town, case)


def test_what_nobody_can_undo_any_more_is_forgotten_at_night(
    merging_town: Town, clock: SteppedClock, tmp_path: Path
) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)
    settings = Settings(
        tmp_path, merging_town.database.url, "127.0.0.1", 8000, merging_town.database.time_zone
    )

    chore = housekeeping.chores()["merges that cannot be undone any more"]
    assert chore(merging_town.database, settings) == 0
    clock.advance(merging.UNDONE_WITHIN + timedelta(seconds=1))
    assert chore(merging_town.database, settings) == 1

    with merging_town.database.unit_of_work() as uow:
        assert merges.read(uow.conn, second.id) is None
    assert _followed(merging_town, second)["id"] == first.id


def test_a_diagram_that_goes_on_after_the_message_stops_the_merge(town: Town) -> None:
    # An end that ends its own branch only: the step goes on waiting.
    with town.database.unit_of_work() as uow:
        deploy(uow, _bundle(('<bpmn:terminateEventDefinition id="t2"/>', "")), SYSTEM)
    first, second = town.opened("one"), town.opened("two")

    with pytest.raises(Stopped):
        _merge(town, second, first.number)

    assert _row(town, second.id)["status"] == "open"
    assert _followed(town, second)["id"] == second.id


def test_a_case_at_which_the_program_is_at_work_is_not_merged(town: Town) -> None:
    @tasks.service_task("test.slow", title={"zh": "慢", "en": "Slow"}, background=True)
    def slow(effect: Effect) -> None:
        """Never done here."""

    asked = '<spiffworkflow:parameters><spiffworkflow:parameter id="code" type="str" value="\'crew\'"/></spiffworkflow:parameters>'
    with town.database.unit_of_work() as uow:
        deploy(uow, _bundle(("test.assign", "test.slow"), (asked, "")), SYSTEM)
    first, second = town.opened("one"), town.opened("two")
    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(second.id), town.acceptor, {"decision": "accept"})

    with pytest.raises(Conflict, match="The program is at the step Assign"):
        _merge(town, second, first.number)

    assert _followed(town, second)["id"] == second.id


def test_a_report_joins_a_case_and_of_a_merged_one_the_other(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    _merge(merging_town, second, first.number)

    with merging_town.database.unit_of_work() as uow:
        joined = join_case(uow, merging_town.report("three", description="still there"), second.id)

    assert joined.number == first.number
    assert _followed(merging_town, joined)["id"] == first.id
    assert [one["description"] for one in _entries(merging_town, first.id, "joined")] == ["still there"]
    assert _breaks(merging_town) == []


def test_the_same_joining_report_sent_twice_is_one(merging_town: Town) -> None:
    first = merging_town.opened("one")
    report: Report = merging_town.report("again")

    for expected in (True, False):
        with merging_town.database.unit_of_work() as uow:
            joined = join_case(uow, report, first.id)
        assert (joined.id, joined.follow is not None) == (first.id, expected)

    assert len(_entries(merging_town, first.id, "joined")) == 1


def test_a_member_of_the_staff_sees_the_case_that_their_report_went_to(merging_town: Town) -> None:
    with merging_town.database.unit_of_work() as uow:
        second = open_case(uow, merging_town.report("two"), merging_town.stranger)
    first = merging_town.opened("one")
    _merge(merging_town, second, first.number)

    with merging_town.database.unit_of_work() as uow:
        assert cases.visible_case(uow, first.id, merging_town.stranger)["id"] == first.id


def test_of_a_merge_and_a_completion_at_once_one_wins_and_the_other_is_told(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    item = merging_town.waiting(second.id)
    gate = threading.Barrier(2)
    told: dict[str, str] = {}

    def complete() -> None:
        gate.wait()
        try:
            with merging_town.database.unit_of_work() as uow:
                version = work_items.read(uow.conn, item)["version"]  # type: ignore[index]
                work.complete(
                    uow, item, merging_town.second_acceptor, {"decision": "accept"}, version=version
                )
        except Conflict as refused:
            told["complete"] = str(refused)

    def merge() -> None:
        gate.wait()
        _merge(merging_town, second, first.number)

    threads = [threading.Thread(target=one) for one in (complete, merge)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Either it was completed first, and the case was merged at its next step; or the item was taken back.
    assert _row(merging_town, second.id)["status"] == "merged"
    completed = len(_entries(merging_town, second.id, "completed"))
    assert (completed, "complete" in told) in {(1, False), (0, True)}
    with merging_town.database.unit_of_work() as uow:
        assert work_items.open_of_case(uow.conn, second.id) == []
    assert _breaks(merging_town) == []


def test_two_cases_merged_into_each_other_at_once_are_one(merging_town: Town) -> None:
    first, second = merging_town.opened("one"), merging_town.opened("two")
    gate = threading.Barrier(2)
    refused: list[str] = []

    def merge(case: Opened, other: Opened) -> None:
        gate.wait()
        try:
            _merge(merging_town, case, other.number)
        except (Conflict, Invalid) as error:
            refused.append(str(error))

    threads = [threading.Thread(target=merge, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert sorted(_row(merging_town, one.id)["status"] for one in (first, second)) == ["merged", "open"]
