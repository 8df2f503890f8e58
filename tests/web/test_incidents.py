"""The page of incidents: for those who look after them, with a button that lets a process try again."""

from __future__ import annotations

import pytest

from engine.bpmn import RunError
from engine.errors import Stopped
from engine.stopping import stopping
from engine.store import incidents, instances, work_items
from tests.web.conftest import Town


@pytest.fixture
def case_id(town: Town) -> int:
    """A case at whose step the process stopped."""
    case_id = town.reported()
    with town.database.unit_of_work() as uow:
        row = instances.of_case(uow.conn, case_id)
    assert row is not None
    with (
        pytest.raises(Stopped),
        town.database.unit_of_work(),
        stopping("step", row, task_id="t", element_id="accept"),
    ):
        raise RunError("no condition is true <b>here</b>")
    return case_id


def _open(town: Town) -> int:
    with town.database.unit_of_work() as uow:
        return len(incidents.listed(uow.conn, None, limit=100))


def test_a_supervisor_sees_case_and_reason(town: Town, case_id: int) -> None:
    text = town.browser("supervisor").get("/incidents").text

    assert f'href="/cases/{case_id}"' in text
    assert "no condition is true &lt;b&gt;here&lt;/b&gt;" in text


@pytest.mark.usefixtures("case_id")
def test_others_do_not(town: Town) -> None:
    assert town.browser("acceptor").get("/incidents").status_code == 403


@pytest.mark.usefixtures("case_id")
def test_only_those_who_look_after_incidents_are_led_there(town: Town) -> None:
    led = {
        who: 'href="/incidents"' in town.browser(who).get("/inbox").text for who in ("supervisor", "leader")
    }

    assert led == {"supervisor": True, "leader": False}


def _retry(town: Town, **data: str) -> str:
    with town.database.unit_of_work() as uow:
        (row,) = incidents.listed(uow.conn, None, limit=2)
    browser = town.browser("supervisor")
    answer = browser.post(f"/incidents/{row['id']}/retry", data=data, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.usefixtures("case_id")
@pytest.mark.parametrize("alike", [{}, {"alike": "1"}])
def test_a_retry_with_a_reason_closes_it(town: Town, alike: dict[str, str]) -> None:
    _retry(town, reason="条件已补", **alike)

    assert _open(town) == 0


@pytest.mark.usefixtures("case_id")
@pytest.mark.parametrize("alike", [{}, {"alike": "1"}])
def test_a_retry_without_a_reason_is_refused_in_a_sentence(town: Town, alike: dict[str, str]) -> None:
    assert "请说明理由" in _retry(town, reason=" ", **alike)

    assert _open(town) == 1


def _stopped_at_its_step(town: Town, case_id: int) -> int:
    """The incident, of the work item that waits."""
    with town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, case_id)
        uow.conn.exec_driver_sql("UPDATE incident SET task_id = %s", (item["task_id"],))
        (row,) = incidents.listed(uow.conn, None, limit=2)
        return int(row["id"])


def test_the_case_is_sent_on_to_an_element_that_the_page_offers(town: Town, case_id: int) -> None:
    incident = _stopped_at_its_step(town, case_id)
    browser = town.browser("supervisor")
    assert '<option value="voided">' in browser.get("/incidents").text

    data = {"to": "voided", "reason": "误报"}
    answer = browser.post(f"/incidents/{incident}/move", data=data, follow_redirects=True)

    assert "案卷从 voided 继续" in answer.text
    assert "停止后转到别处" in browser.get(f"/cases/{case_id}").text
    assert _open(town) == 0


def test_an_element_at_which_nothing_can_begin_is_refused_in_a_sentence(town: Town, case_id: int) -> None:
    incident = _stopped_at_its_step(town, case_id)

    data = {"to": "reported", "reason": "误报"}
    answer = town.browser("supervisor").post(f"/incidents/{incident}/move", data=data, follow_redirects=True)

    assert "案卷不能从 reported 继续" in answer.text
    assert _open(town) == 1


def test_the_log_of_the_case_tells_who_and_why(town: Town, case_id: int) -> None:
    _retry(town, reason="条件已补")

    text = town.browser("supervisor").get(f"/cases/{case_id}").text

    assert "停止后重试" in text
    assert "条件已补" in text
