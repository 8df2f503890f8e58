"""Work items from the report to the end of the case: who may do what, and who is told what when they come second."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from engine import actions, cases, log, work
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.store import work_items
from engine.store.cases import case as case_table
from tests.engine.conftest import Town


def _case(town: Town, case_id: int) -> dict[str, object]:
    with town.database.unit_of_work() as uow:
        return dict(uow.conn.execute(select(case_table).where(case_table.c.id == case_id)).mappings().one())


def test_a_case_goes_from_report_to_closed(town: Town) -> None:
    opened = town.opened()

    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})
    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.handler, {"decision": "done"})

    document = _case(town, opened.id)
    assert (document["status"], document["stage"]) == ("closed", "closed")


def test_the_log_of_a_closed_case_verifies(town: Town) -> None:
    opened = town.opened()

    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})
    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.handler, {"decision": "done"})

    with town.database.unit_of_work() as uow:
        assert list(log.verify(uow)) == []
        actions_logged = [row["action"] for row in cases.view(uow, opened.id, town.acceptor).log]
    assert actions_logged == ["reported", "opened", "completed", "service", "completed", "ended"]


def test_the_same_report_sent_twice_is_one_case(town: Town) -> None:
    first = town.opened("same")

    second = town.opened("same")

    assert (second.id, second.number) == (first.id, first.number)


def test_cases_of_a_day_are_numbered_in_turn(town: Town) -> None:
    numbers = [town.opened(str(key)).number for key in range(3)]

    assert numbers == ["20261123000001", "20261123000002", "20261123000003"]


def test_a_work_item_has_the_due_date_of_its_step(town: Town) -> None:
    opened = town.opened()

    with town.database.unit_of_work() as uow:
        item = work.read(uow, town.waiting(opened.id), town.acceptor)

    assert item["due_at"].isoformat() == "2026-11-23T02:30:00+00:00"


def test_a_claimed_item_is_refused_to_others_with_the_name_of_who_has_it(town: Town) -> None:
    item = town.waiting(town.opened().id)
    with town.database.unit_of_work() as uow:
        work.claim(uow, item, town.acceptor)

    with pytest.raises(Conflict) as refusal, town.database.unit_of_work() as uow:
        work.claim(uow, item, town.second_acceptor)

    assert refusal.value.holder == "Acceptor"


def test_a_released_item_can_be_claimed_by_another(town: Town) -> None:
    item = town.waiting(town.opened().id)
    with town.database.unit_of_work() as uow:
        work.claim(uow, item, town.acceptor)
        work.release(uow, item, town.acceptor)

    with town.database.unit_of_work() as uow:
        work.claim(uow, item, town.second_acceptor)
        assert work.read(uow, item, town.second_acceptor)["assignee_name"] == "Second_Acceptor"


def test_an_item_is_handed_on_to_a_colleague_only(town: Town) -> None:
    item = town.waiting(town.opened().id)
    assert town.handler.person_id is not None

    with pytest.raises(Invalid) as refusal, town.database.unit_of_work() as uow:
        work.hand_on(uow, item, town.acceptor, town.handler.person_id)

    assert "to" in refusal.value.fields


def test_an_item_handed_on_is_the_colleagues(town: Town) -> None:
    item = town.waiting(town.opened().id)
    assert town.second_acceptor.person_id is not None

    with town.database.unit_of_work() as uow:
        work.hand_on(uow, item, town.acceptor, town.second_acceptor.person_id, "you know the place")

    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        work.complete(uow, item, town.acceptor, {"decision": "accept"})


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"])
def test_a_note_that_no_log_takes_is_refused(town: Town, note: str) -> None:
    item = town.waiting(town.opened().id)
    assert town.second_acceptor.person_id is not None

    with pytest.raises(Invalid) as refused, town.database.unit_of_work() as uow:
        work.hand_on(uow, item, town.acceptor, town.second_acceptor.person_id, note)

    assert list(refused.value.fields) == ["note"]


def test_a_second_completion_is_told_who_was_first(town: Town) -> None:
    item = town.waiting(town.opened().id)
    with town.database.unit_of_work() as uow:
        work.complete(uow, item, town.acceptor, {"decision": "accept"})

    with pytest.raises(Conflict) as refusal, town.database.unit_of_work() as uow:
        work.complete(uow, item, town.second_acceptor, {"decision": "accept"})

    assert refusal.value.holder == "Acceptor"


def test_the_same_submission_sent_twice_is_done_once(town: Town) -> None:
    opened = town.opened()
    item = town.waiting(opened.id)
    for _ in range(2):
        with town.database.unit_of_work() as uow:
            work.complete(uow, item, town.acceptor, {"decision": "accept"}, submission_key="k1")

    with town.database.unit_of_work() as uow:
        done = [row for row in cases.view(uow, opened.id, town.acceptor).log if row["action"] == "completed"]
    assert len(done) == 1


def test_an_outdated_version_of_the_item_is_refused(town: Town) -> None:
    item = town.waiting(town.opened().id)
    with town.database.unit_of_work() as uow:
        work.claim(uow, item, town.acceptor)

    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        work.complete(uow, item, town.acceptor, {"decision": "accept"}, version=1)


def test_of_many_who_race_for_an_item_one_wins(town: Town) -> None:
    opened = town.opened()
    item = town.waiting(opened.id)
    start, told = threading.Barrier(4), []

    def race(actor: object) -> None:
        start.wait()
        try:
            with town.database.unit_of_work() as uow:
                work.complete(uow, item, actor, {"decision": "accept"})  # type: ignore[arg-type]
            told.append("done")
        except Conflict as conflict:
            told.append(f"{conflict.holder}")

    racers = [town.acceptor, town.second_acceptor] * 2
    threads = [threading.Thread(target=race, args=(racer,)) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one == "done" for one in told) == [False, False, False, True]
    assert "None" not in told


def test_a_reason_is_mandatory_where_the_form_says_so(town: Town) -> None:
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})

    with pytest.raises(Invalid) as refusal, town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.handler, {"decision": "wrong_unit"})

    assert list(refusal.value.fields) == ["reason"]


def test_a_refused_form_writes_nothing(town: Town) -> None:
    opened = town.opened()
    before = _case(town, opened.id)

    with pytest.raises(Invalid), town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept", "unknown": 1})

    assert _case(town, opened.id) == before


def test_a_form_changes_the_case_document_where_it_says_so(town: Town) -> None:
    opened = town.opened()

    with town.database.unit_of_work() as uow:
        values = {"decision": "accept", "description": "five bags of rubbish"}
        work.complete(uow, town.waiting(opened.id), town.acceptor, values)

    assert _case(town, opened.id)["description"] == "five bags of rubbish"


def test_a_step_back_offers_the_item_again(town: Town) -> None:
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})

    with town.database.unit_of_work() as uow:
        work.complete(
            uow, town.waiting(opened.id), town.handler, {"decision": "wrong_unit", "reason": "not ours"}
        )

    with town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, opened.id)
    assert item["element_id"] == "accept"


def test_somebody_without_the_role_at_the_unit_finds_nothing(town: Town) -> None:
    item = town.waiting(town.opened().id)

    with pytest.raises(NotFound), town.database.unit_of_work() as uow:
        work.claim(uow, item, town.stranger)


def test_a_case_that_was_never_ones_own_is_not_found(town: Town) -> None:
    opened = town.opened()

    with pytest.raises(NotFound), town.database.unit_of_work() as uow:
        cases.view(uow, opened.id, town.stranger)


def test_whoever_reported_a_case_sees_it_wherever_they_work(town: Town) -> None:
    opened = town.opened(actor=town.stranger)

    with town.database.unit_of_work() as uow:
        seen = cases.view(uow, opened.id, town.stranger)

    assert seen.document["id"] == opened.id


def test_an_action_of_the_diagram_ends_the_case(town: Town) -> None:
    opened = town.opened()

    with town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", town.leader, {"reason": "reported by mistake"})

    assert _case(town, opened.id)["status"] == "void"
    with town.database.unit_of_work() as uow:
        assert work_items.open_of_case(uow.conn, opened.id) == []


def test_an_action_is_refused_to_other_roles(town: Town) -> None:
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})

    with pytest.raises(Forbidden), town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", town.handler, {"reason": "no time"})


def test_an_action_needs_its_reason(town: Town) -> None:
    opened = town.opened()

    with pytest.raises(Invalid) as refusal, town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", town.leader, {})

    assert list(refusal.value.fields) == ["reason"]


def test_nothing_can_be_done_with_a_closed_case(town: Town) -> None:
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", town.leader, {"reason": "mistake"})

    with pytest.raises(Conflict), town.database.unit_of_work() as uow:
        actions.act(uow, opened.id, "void", town.leader, {"reason": "mistake"})
