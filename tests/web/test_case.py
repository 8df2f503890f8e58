"""The page of a case, and what is done on it."""

from __future__ import annotations

import html
import re
from io import BytesIO
from urllib.parse import unquote

import pytest

from engine.store import attachments, cases
from engine.work import claim
from tests.web.conftest import Town


def test_the_page_shows_facts_form_log_and_position(town: Town) -> None:
    case_id = town.reported(description="垃圾堆在路边", address="西大街 1 号", reporter_name="吴先生")

    page = town.browser("acceptor").get(f"/cases/{case_id}").text

    for said in (
        "垃圾堆在路边",
        "西大街 1 号",
        "610102001001002",
        "西区",
        "11社区",
        "吴先生",
        "上报（市民）",
        "单元网格定位",
    ):
        assert said in page, said
    assert re.search(r'<button name="f.decision" value="accept" class=""[^>]*>受理 <kbd', page)
    assert '"current":{"case":["accept"]}' in page.replace("&#34;", '"')


def test_names_of_steps_and_fields_are_english_for_english_readers(town: Town) -> None:
    case_id = town.reported()
    town.complete(case_id, "acceptor", decision="accept")

    page = town.browser("leader", language="en").get(f"/cases/{case_id}").text

    assert "Completed: Accept" in page
    assert "Locate on the unit grid" in page
    assert "Send back to the acceptor" in page
    assert "West District" in page
    assert "受理" not in re.sub(r'data-lanes="[^"]*"', "", page)


def test_completing_leads_to_the_next_work_item(town: Town) -> None:
    first, second = town.reported(), town.reported()

    response = town.complete(first, "acceptor", decision="accept")

    assert response.status_code == 303
    assert response.location == f"/cases/{second}?item={town.waiting(second)['id']}"
    assert town.waiting(first)["element_id"] == "file"


def test_after_the_last_work_item_the_empty_inbox_comes(town: Town) -> None:
    response = town.complete(town.reported(), "acceptor", decision="accept")

    assert response.location == "/inbox"


#: The list of the unclaimed reports of garbage, as an address says it.
LIST = "view=group&category=event:0102"


def _accepted(town: Town, case_id: int) -> str:
    """Where accepting a case leads that was opened from the list."""
    item = town.waiting(case_id)
    data = {"form": "1", "version": item["version"], "f.decision": "accept"}
    response = town.browser("acceptor").post(f"/work-items/{item['id']}/complete?{LIST}", data=data)
    assert response.status_code == 303
    return unquote(response.location)


def test_a_case_opened_from_a_list_leads_on_in_this_list(town: Town) -> None:
    first, second, third = (town.reported(category="0102") for _ in range(3))
    town.reported(category="0101")

    then = [_accepted(town, case_id) for case_id in (second, third, first)]

    assert re.match(rf"/cases/{third}\?item=\d+&{LIST}$", then[0])
    assert re.match(rf"/cases/{first}\?item=\d+&{LIST}$", then[1])
    assert then[2] == f"/inbox?{LIST}"


def test_a_work_item_can_be_left_for_the_one_behind_it(town: Town) -> None:
    cases = [town.reported(category="0102") for _ in range(2)]
    browser = town.browser("acceptor")
    page = browser.get(f"/cases/{cases[0]}?item={town.waiting(cases[0])['id']}&{LIST}").text
    link = re.search(r'href="([^"]*)" data-key="j"', page)
    assert link is not None

    onwards = unquote(browser.get(html.unescape(link.group(1))).location)
    nowhere = browser.get("/inbox/next?view=mine", follow_redirects=True)

    assert re.match(rf"/cases/{cases[1]}\?item=\d+&{LIST}$", onwards)
    assert "此列表中没有其他待办。" in nowhere.text


def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(town: Town) -> None:
    case_id = town.reported()

    response = town.complete(case_id, "acceptor", decision="reject", category="event:0102")

    assert response.status_code == 422
    assert '<p class="wrong" id="field-reason-wrong">请填写此项。</p>' in response.text
    assert 'href="#field-reason"' in response.text
    assert re.search(r'value="event:0102" selected', response.text)
    assert town.waiting(case_id)["element_id"] == "accept"


def test_the_acceptor_corrects_category_and_condition(town: Town) -> None:
    case_id = town.reported()

    town.complete(case_id, "acceptor", decision="accept", category="component:0103", condition_no="2")

    with town.database.unit_of_work() as uow:
        row = cases.read(uow.conn, case_id)
    assert row is not None
    assert (row["kind"], row["category"], row["condition_no"]) == ("component", "0103", 2)


def test_conditions_of_another_category_are_asked_for_as_a_list(town: Town) -> None:
    page = town.browser("acceptor").get("/catalogue/conditions?category=component:0101").text

    assert "盖板丢失、移开或裂开，危及行人和车辆 (2 紧急工作时)" in page


def test_whoever_comes_second_is_told_who_was_first(town: Town) -> None:
    case_id = town.reported()
    item = town.waiting(case_id)
    town.complete(case_id, "second", decision="accept")

    response = town.browser("acceptor").post(
        f"/work-items/{item['id']}/complete", data={"f.decision": "accept", "case": case_id}
    )

    assert response.status_code == 409
    assert "赵磊 已完成这项待办。" in response.text
    assert f'href="/cases/{case_id}"' in response.text


def test_whoever_comes_second_gets_back_what_they_wrote(town: Town) -> None:
    case_id = town.reported()
    item = town.waiting(case_id)
    town.complete(case_id, "second", decision="accept")

    response = town.browser("acceptor").post(
        f"/work-items/{item['id']}/complete",
        data={"f.decision": "reject", "f.reason": "三日前已由物业处理", "case": case_id},
    )

    assert re.search(r"<textarea[^>]*readonly[^>]*>三日前已由物业处理</textarea>", response.text)


def test_the_same_submission_sent_twice_is_done_once(town: Town) -> None:
    case_id = town.reported()
    item = town.waiting(case_id)
    data = {"f.decision": "accept", "key": "once", "version": item["version"]}
    browser = town.browser("acceptor")

    answers = [browser.post(f"/work-items/{item['id']}/complete", data=data).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert town.waiting(case_id)["element_id"] == "file"


def test_claim_give_back_and_hand_on(town: Town) -> None:
    case_id = town.reported()
    item = town.waiting(case_id)
    browser = town.browser("acceptor")

    browser.post(f"/work-items/{item['id']}/claim")
    claimed = town.waiting(case_id)["assignee_id"]
    browser.post(f"/work-items/{item['id']}/release")
    released = town.waiting(case_id)["assignee_id"]
    browser.post(f"/work-items/{item['id']}/hand-on", data={"to": town.people["second"], "note": "请你办"})
    handed_on = town.waiting(case_id)["assignee_id"]

    assert (claimed, released, handed_on) == (town.people["acceptor"], None, town.people["second"])
    page = town.browser("second").get(f"/cases/{case_id}").text
    assert "转交给 赵磊：受理" in page
    assert "请你办" in page


def test_one_cannot_hand_on_to_a_stranger(town: Town) -> None:
    item = town.waiting(town.reported())
    browser = town.browser("acceptor")

    response = browser.post(
        f"/work-items/{item['id']}/hand-on", data={"to": town.people["stranger"]}, follow_redirects=True
    )

    assert "请选择同一部门、同一岗位的同事。" in response.text


def test_a_case_in_other_hands_names_them_and_shows_no_form(town: Town) -> None:
    case_id = town.reported()
    with town.database.unit_of_work() as uow:
        claim(uow, town.waiting(case_id)["id"], town.actor("second"))

    page = town.browser("acceptor").get(f"/cases/{case_id}").text

    assert "赵磊 于 2026-11-23 10:00 领取了“受理”。" in page
    assert 'name="f.decision"' not in page


def test_an_action_of_the_diagram_is_offered_and_taken(town: Town) -> None:
    case_id = town.reported()
    browser = town.browser("acceptor")

    assert "作废" in browser.get(f"/cases/{case_id}").text
    missing = browser.post(f"/cases/{case_id}/actions/void", data={"form": "1"})
    taken = browser.post(
        f"/cases/{case_id}/actions/void", data={"form": "1", "f.reason": "误报"}, follow_redirects=True
    )
    again = browser.post(f"/cases/{case_id}/actions/void", data={"form": "1", "f.reason": "误报"})

    assert missing.status_code == 422
    assert "请填写此项。" in missing.text
    assert "案卷结束：作废" in taken.text
    assert "误报" in taken.text
    assert again.status_code == 409


def test_an_action_is_not_offered_to_whom_the_diagram_does_not_name(town: Town) -> None:
    case_id = town.reported()
    town.complete(case_id, "acceptor", decision="verify")

    assert "/actions/" not in town.browser("collector").get(f"/cases/{case_id}").text


def handling(town: Town) -> int:
    """A case that waits for a unit to handle it."""
    case_id = town.reported()
    town.complete(case_id, "acceptor", decision="accept")
    town.complete(case_id, "leader", decision="file")
    if town.waiting(case_id)["element_id"] == "dispatch":
        town.complete(case_id, "dispatcher", decision="assign", unit_id=str(town.units["west-cleaners"]))
    assert town.waiting(case_id)["element_id"] == "handle"
    return case_id


def test_photographs_of_a_step_are_kept_with_the_case(town: Town, jpeg: bytes) -> None:
    case_id = handling(town)
    item = town.waiting(case_id)

    town.browser("handler").post(
        f"/work-items/{item['id']}/complete",
        data={"f.decision": "done", "f.note": "已清理", "photos": (BytesIO(jpeg), "after.jpg")},
    )

    with town.database.unit_of_work() as uow:
        (photo,) = attachments.of_case(uow.conn, case_id)
    assert photo["purpose"] == "handle"
    assert "照片：处置" in town.browser("acceptor").get(f"/cases/{case_id}").text


def test_a_hostile_upload_changes_nothing(town: Town) -> None:
    case_id = handling(town)
    item = town.waiting(case_id)
    data = {"f.decision": "done", "f.note": "已清理", "photos": (BytesIO(b"<svg onload=alert(1)>"), "x.jpg")}

    response = town.browser("handler").post(f"/work-items/{item['id']}/complete", data=data)

    assert response.status_code == 422
    assert "这不是照片" in response.text
    assert "已清理" in response.text
    assert town.waiting(case_id)["version"] == item["version"]


def test_photographs_are_kept_while_the_rest_is_corrected(town: Town, jpeg: bytes) -> None:
    case_id = handling(town)
    item = town.waiting(case_id)
    browser = town.browser("handler")
    refused = browser.post(
        f"/work-items/{item['id']}/complete",
        data={"f.decision": "wrong_unit", "photos": (BytesIO(jpeg), "after.jpg")},
    )
    kept = re.search(r'name="kept" value="([^"]+)"', refused.text)
    assert kept is not None

    browser.post(f"/work-items/{item['id']}/complete", data={"f.decision": "done", "kept": kept.group(1)})

    with town.database.unit_of_work() as uow:
        assert len(attachments.of_case(uow.conn, case_id)) == 1


@pytest.mark.parametrize("forged", ["", "nonsense", "eyJzaGEyNTYiOiIwIn0.aaaaaa.bbbbbb"])
def test_a_forged_photograph_is_ignored(town: Town, forged: str) -> None:
    case_id = handling(town)
    item = town.waiting(case_id)

    town.browser("handler").post(
        f"/work-items/{item['id']}/complete", data={"f.decision": "done", "kept": forged}
    )

    with town.database.unit_of_work() as uow:
        assert attachments.of_case(uow.conn, case_id) == []


def test_the_diagram_comes_as_it_was_deployed(town: Town) -> None:
    response = town.browser("acceptor").get(f"/cases/{town.reported()}/diagram.bpmn")

    assert response.mimetype == "application/xml"
    assert b'<bpmn:userTask id="accept"' in response.data


def test_a_photograph_is_for_ones_own_browser_and_never_guessed_at(town: Town, jpeg: bytes) -> None:
    case_id = handling(town)
    data = {"f.decision": "done", "f.note": "x", "photos": (BytesIO(jpeg), "after.jpg")}
    town.browser("handler").post(f"/work-items/{town.waiting(case_id)['id']}/complete", data=data)
    with town.database.unit_of_work() as uow:
        (photo,) = attachments.of_case(uow.conn, case_id)
    browser = town.browser("acceptor")

    response = browser.get(f"/cases/{case_id}/photos/{photo['sha256']}", buffered=True)

    assert response.mimetype == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]
    assert "immutable" in response.headers["Cache-Control"]
    assert browser.get(f"/cases/{case_id}/photos/{'0' * 64}").status_code == 404
    assert browser.get(f"/cases/{case_id}/photos/..%2fsecret").status_code == 404
