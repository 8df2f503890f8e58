"""Cases under way go over to another version: tried out first, logged, and undone while no step was taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine import actions, housekeeping, log, moves, timers, work
from engine.actors import SYSTEM, Actor
from engine.clock import SteppedClock
from engine.deployment import deploy, read_folder
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.settings import Settings
from engine.store import instances, log_entries, people, work_items
from engine.store.unit_of_work import UnitOfWork
from tests.engine.background import Office
from tests.engine.conftest import DIAGRAMS, Town
from tests.engine.workers import run_all

CASE = "two_steps.bpmn"
LATE = Path(__file__).parent / "diagrams_timer"

#: A check after the handling, and the ways around it.
CHECK = """<bpmn:userTask id="check" name="核查"><bpmn:incoming>f8</bpmn:incoming><bpmn:outgoing>f10</bpmn:outgoing></bpmn:userTask>
    <bpmn:sequenceFlow id="f10" sourceRef="check" targetRef="closed"/>
  </bpmn:process>"""

_PEOPLE = (("designer", "designer", "city"), ("elsewhere", "designer", "crew"), ("admin", "admin", "city"))


def _changed(*pairs: tuple[str, str], name: str = CASE, folder: Path = DIAGRAMS) -> dict[str, bytes]:
    """The files of a bundle with other text in its diagram."""
    files = read_folder(folder)
    drawn = files[name].decode()
    for old, new in pairs:
        assert old in drawn, old
        drawn = drawn.replace(old, new)
    return {**files, name: drawn.encode()}


def _with_check() -> dict[str, bytes]:
    return _changed(
        (
            '<bpmn:sequenceFlow id="f8" sourceRef="decided" targetRef="closed"/>',
            '<bpmn:sequenceFlow id="f8" sourceRef="decided" targetRef="check"/>',
        ),
        ("<bpmn:incoming>f8</bpmn:incoming>", "<bpmn:incoming>f10</bpmn:incoming>"),
        ("</bpmn:process>", CHECK),
        (
            '<bpmn:lane id="lane_acceptor" name="受理员">',
            '<bpmn:lane id="lane_acceptor" name="受理员"><bpmn:flowNodeRef>check</bpmn:flowNodeRef>',
        ),
    )


class Designers:
    """A town with people who move cases."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.actors: dict[str, Actor] = {}
        with town.database.unit_of_work() as uow:
            for code in ("designer", "admin"):
                people.save_role(uow.conn, {"code": code, "name_zh": code, "name_en": code, "sees": "none"})
            uow.changed("roles")
            for login, role, unit in _PEOPLE:
                person_id = people.save(
                    uow.conn, {"login": login, "name": login.title(), "password_hash": "-"}
                )
                people.grant(uow.conn, person_id, role, town.city if unit == "city" else town.crew)
                row = people.read(uow.conn, person_id)
                assert row is not None
                self.actors[login] = Actor.of(row)

    @property
    def designer(self) -> Actor:
        return self.actors["designer"]

    def deploy(self, files: Mapping[str, bytes]) -> None:
        with self.town.database.unit_of_work() as uow:
            deploy(uow, files, SYSTEM)

    def move(
        self, case_id: int, to: int = 2, actor: Actor | None = None, reason: str = "new rules"
    ) -> moves.Verdict:
        with self.town.database.unit_of_work() as uow:
            return moves.move(uow, case_id, to, actor or self.designer, reason)

    def undo(self, case_id: int) -> moves.Verdict:
        with self.town.database.unit_of_work() as uow:
            return moves.undo(uow, case_id, self.designer, "a mistake")

    def row(self, case_id: int) -> Mapping[str, Any]:
        with self.town.database.unit_of_work() as uow:
            row = instances.of_case(uow.conn, case_id)
            assert row is not None
            return dict(row)

    def version(self, case_id: int) -> int:
        return int(self.row(case_id)["process_number"])

    def items(self, case_id: int) -> list[dict[str, Any]]:
        with self.town.database.unit_of_work() as uow:
            return [dict(item) for item in work_items.open_of_case(uow.conn, case_id)]

    def item(self, case_id: int) -> dict[str, Any]:
        (item,) = self.items(case_id)
        return item

    def complete(self, case_id: int, actor: Actor, **values: Any) -> None:
        with self.town.database.unit_of_work() as uow:
            work.complete(uow, self.item_id(uow, case_id), actor, values)

    def item_id(self, uow: UnitOfWork, case_id: int) -> int:
        (item,) = work_items.open_of_case(uow.conn, case_id)
        return int(item["id"])

    def entries(self, case_id: int, action: str) -> list[tuple[str, dict[str, Any]]]:
        with self.town.database.unit_of_work() as uow:
            assert list(log.verify(uow)) == []
            rows = log_entries.of_case(uow.conn, case_id)
        return [(row["person_name"], log.data_of(row)) for row in rows if row["action"] == action]


@pytest.fixture
def designers(town: Town) -> Designers:
    return Designers(town)


def test_a_case_goes_over_and_takes_the_new_way(designers: Designers) -> None:
    town, opened = designers.town, designers.town.opened()
    designers.complete(opened.id, town.acceptor, decision="accept")
    designers.deploy(_with_check())

    verdict = designers.move(opened.id)
    designers.complete(opened.id, town.handler, decision="done")

    assert (verdict.reasons, verdict.before, verdict.after) == ((), 1, 2)
    assert designers.item(opened.id)["element_id"] == "check"


def test_a_dry_run_changes_nothing(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())
    before = designers.row(opened.id)

    with designers.town.database.unit_of_work() as uow:
        verdict = moves.check(uow, opened.id, 2, designers.designer)

    assert verdict.reasons == ()
    assert designers.row(opened.id) == before


def test_a_move_that_is_not_safe_is_refused_with_the_reason_and_changes_nothing(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.complete(opened.id, designers.town.acceptor, decision="accept")
    designers.deploy(
        _changed(('test.assign" resultVariable="assigned"', 'test.assign" resultVariable="given"'))
    )
    before = designers.row(opened.id)

    verdict = designers.move(opened.id)

    assert verdict.reasons == (
        "Assign (assign) was passed or is under way, and the version changes it or where it leads.",
    )
    assert designers.row(opened.id) == before


def test_a_move_is_logged_with_who_and_why_and_both_versions(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())

    designers.move(opened.id)

    said = {"process": "case", "from": 1, "to": 2, "reason": "new rules"}
    assert designers.entries(opened.id, "moved") == [("Designer", said)]


def test_due_dates_and_whoever_has_the_work_stay(designers: Designers) -> None:
    opened = designers.town.opened()
    with designers.town.database.unit_of_work() as uow:
        work.claim(uow, designers.item_id(uow, opened.id), designers.town.acceptor)
    before = designers.item(opened.id)
    designers.deploy(_changed(('name="limit" value="0.5"', 'name="limit" value="8"')))

    designers.move(opened.id)

    assert designers.item(opened.id) == before


def test_title_and_stage_follow_the_step(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_changed(('name="受理"', 'name="登记"'), ('value="collecting"', 'value="verifying"')))

    designers.move(opened.id)

    item = designers.item(opened.id)
    assert (item["title_zh"], item["stage"]) == ("登记", "verifying")
    assert designers.row(opened.id)["stage"] == "verifying"


def test_an_undone_move_gives_the_case_its_stage_again(designers: Designers) -> None:
    opened = designers.town.opened()
    before = designers.row(opened.id)["stage"]
    designers.deploy(_changed(('value="collecting"', 'value="verifying"')))
    designers.move(opened.id)

    designers.undo(opened.id)

    assert (designers.row(opened.id)["stage"], designers.item(opened.id)["stage"]) == (before, before)


_OTHER_LANE = (
    ("<bpmn:flowNodeRef>accept</bpmn:flowNodeRef>", ""),
    (
        '<bpmn:lane id="lane_system"',
        '<bpmn:lane id="lane_leader" name="值班长"><bpmn:flowNodeRef>accept</bpmn:flowNodeRef></bpmn:lane><bpmn:lane id="lane_system"',
    ),
)


def test_a_step_of_another_role_is_offered_to_it_with_its_old_due_date(designers: Designers) -> None:
    opened = designers.town.opened()
    with designers.town.database.unit_of_work() as uow:
        work.claim(uow, designers.item_id(uow, opened.id), designers.town.acceptor)
    before = designers.item(opened.id)
    designers.deploy(_changed(*_OTHER_LANE))

    designers.move(opened.id)

    item = designers.item(opened.id)
    assert (item["role"], item["assignee_id"], item["due_at"]) == ("shift_leader", None, before["due_at"])
    designers.complete(opened.id, designers.town.leader, decision="accept")


def test_an_undone_move_gives_the_work_back_to_whoever_had_it(designers: Designers) -> None:
    opened = designers.town.opened()
    with designers.town.database.unit_of_work() as uow:
        work.claim(uow, designers.item_id(uow, opened.id), designers.town.acceptor)
    before = designers.item(opened.id)
    designers.deploy(_changed(*_OTHER_LANE))
    designers.move(opened.id)

    designers.undo(opened.id)

    assert {**designers.item(opened.id), "version": 0} == {**before, "version": 0}


def test_a_version_whose_lane_is_nobodys_is_refused(designers: Designers) -> None:
    opened = designers.town.opened()
    with designers.town.database.unit_of_work() as uow:
        people.save_role(uow.conn, {"code": "guest", "name_zh": "客人", "name_en": "guest", "sees": "unit"})
        uow.changed("roles")
    designers.deploy(
        _changed(*_OTHER_LANE[:1], (_OTHER_LANE[1][0], _OTHER_LANE[1][1].replace("值班长", "客人")))
    )
    with designers.town.database.unit_of_work() as uow:
        uow.conn.exec_driver_sql("DELETE FROM role WHERE code = 'guest'")
        uow.changed("roles")

    assert "is not the name of a role" in designers.move(opened.id).reasons[0]
    assert designers.version(opened.id) == 1


def test_who_looks_at_a_form_that_changed_is_told(designers: Designers) -> None:
    opened = designers.town.opened()
    seen = designers.item(opened.id)
    files = read_folder(DIAGRAMS)
    form = orjson.loads(files["forms/accept.json"])
    form["required"] = ["decision", "note"]
    designers.deploy({**files, "forms/accept.json": orjson.dumps(form)})
    designers.move(opened.id)

    with pytest.raises(Conflict), designers.town.database.unit_of_work() as uow:
        work.complete(
            uow, seen["id"], designers.town.acceptor, {"decision": "accept"}, version=seen["version"]
        )
    with pytest.raises(Invalid), designers.town.database.unit_of_work() as uow:
        work.complete(uow, seen["id"], designers.town.acceptor, {"decision": "accept"})


def test_actions_survive(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())
    designers.move(opened.id)

    with designers.town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", designers.town.acceptor, {"reason": "by mistake"})

    assert designers.row(opened.id)["status"] == "void"


def test_clocks_go_on(designers: Designers, clock: SteppedClock) -> None:
    designers.deploy(read_folder(LATE))
    opened = designers.town.opened()
    designers.deploy(_changed(("PT4H", "PT8H"), name="case.bpmn", folder=LATE))
    clock.advance(timedelta(hours=1))

    assert designers.move(opened.id, 3).reasons == ()
    clock.advance(timedelta(hours=3))

    assert timers.sweep(designers.town.database) == 1
    assert designers.item(opened.id)["element_id"] == "look"


def test_a_background_task_under_way_is_answered_on_the_new_version(designers: Designers) -> None:
    office = Office.founded(designers.town)
    case = office.asked()
    designers.deploy(
        _changed(
            ('name="处置"', 'name="去处置"'),
            name="case.bpmn",
            folder=Path(__file__).parent / "diagrams_background",
        )
    )

    assert designers.move(case, 3).reasons == ()
    run_all(designers.town.database)

    assert designers.item(case)["title_zh"] == "去处置"


def test_a_move_is_undone_while_no_step_was_taken(designers: Designers) -> None:
    opened = designers.town.opened()
    before = designers.row(opened.id)
    designers.deploy(_with_check())
    designers.move(opened.id)

    verdict = designers.undo(opened.id)

    after = designers.row(opened.id)
    assert (verdict.before, verdict.after) == (2, 1)
    assert (after["process_number"], after["state"]) == (1, before["state"])
    assert [name for name, _ in designers.entries(opened.id, "move_undone")] == ["Designer"]
    designers.complete(opened.id, designers.town.acceptor, decision="accept")
    designers.complete(opened.id, designers.town.handler, decision="done")
    assert designers.row(opened.id)["status"] == "closed"


def test_a_move_is_not_undone_after_a_step(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())
    designers.move(opened.id)
    designers.complete(opened.id, designers.town.acceptor, decision="accept")

    with pytest.raises(Conflict, match="cannot be undone"):
        designers.undo(opened.id)


def test_a_case_that_was_not_moved_has_nothing_to_undo(designers: Designers) -> None:
    with pytest.raises(Conflict, match="cannot be undone"):
        designers.undo(designers.town.opened().id)


def test_the_state_before_is_kept_no_longer_than_it_is_of_use(designers: Designers) -> None:
    went_on, waits = (designers.town.opened(key) for key in ("first", "second"))
    designers.deploy(_with_check())
    for one in (went_on, waits):
        designers.move(one.id)
    designers.complete(went_on.id, designers.town.acceptor, decision="accept")

    cleared = housekeeping.chores()["moves that cannot be undone any more"](
        designers.town.database, Settings.from_environment()
    )

    assert cleared == 1
    designers.undo(waits.id)


def test_all_cases_go_over_that_can(designers: Designers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "PORTION", 2)
    found = [designers.town.opened(str(number)) for number in range(5)]
    designers.complete(found[1].id, designers.town.acceptor, decision="accept")
    designers.deploy(_changed(('resultVariable="assigned"', 'resultVariable="given"')))
    wanted = moves.Wanted("case", 2)

    tried = [
        bool(one.reasons) for one in moves.check_all(designers.town.database, wanted, designers.designer)
    ]
    moved = [
        bool(one.reasons)
        for one in moves.move_all(designers.town.database, wanted, designers.designer, "all")
    ]

    assert tried == moved == [False, True, False, False, False]
    assert [designers.version(one.id) for one in found] == [2, 1, 2, 2, 2]
    back = list(moves.undo_all(designers.town.database, wanted, designers.designer, "all back"))
    assert [one.number for one in back] == [found[number].number for number in (0, 2, 3, 4)]
    assert [designers.version(one.id) for one in found] == [1, 1, 1, 1, 1]


def test_only_the_cases_named_go_over(designers: Designers) -> None:
    first, second = (designers.town.opened(key) for key in ("first", "second"))
    designers.deploy(_with_check())

    wanted = moves.Wanted("case", 2, numbers=[second.number])
    list(moves.move_all(designers.town.database, wanted, designers.designer, "that one"))

    assert (designers.version(first.id), designers.version(second.id)) == (1, 2)


def test_a_case_that_ended_is_refused(designers: Designers) -> None:
    opened = designers.town.opened()
    with designers.town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", designers.town.acceptor, {"reason": "by mistake"})
    designers.deploy(_with_check())

    assert designers.move(opened.id).reasons == ("The case has ended.",)


def test_an_administrator_may_move_cases_too(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())

    assert designers.move(opened.id, actor=designers.actors["admin"]).reasons == ()


def test_other_roles_may_not(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())

    for actor in (designers.town.acceptor, designers.town.leader):
        with pytest.raises(Forbidden):
            designers.move(opened.id, actor=actor)
        with pytest.raises(Forbidden):
            list(moves.check_all(designers.town.database, moves.Wanted("case", 2), actor))


def test_cases_of_other_platforms_are_not_there(designers: Designers) -> None:
    opened = designers.town.opened()
    designers.deploy(_with_check())
    elsewhere = designers.actors["elsewhere"]

    with pytest.raises(NotFound):
        designers.move(opened.id, actor=elsewhere)
    assert list(moves.check_all(designers.town.database, moves.Wanted("case", 2), elsewhere)) == []


def test_an_unknown_version_is_named(designers: Designers) -> None:
    with pytest.raises(NotFound, match="no version 7 of the process case"):
        designers.move(designers.town.opened().id, 7)


def test_a_reason_must_be_given(designers: Designers) -> None:
    with pytest.raises(Invalid) as refused:
        designers.move(designers.town.opened().id, reason=" ")

    assert list(refused.value.fields) == ["reason"]
