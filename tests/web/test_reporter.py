"""Who reported is for the platform that took the report, not for everybody whom it sends out."""

from __future__ import annotations

from tests.web.conftest import Town

CONTACT = {"reporter_name": "马晓燕", "reporter_phone": "13900000000"}


def test_the_platform_knows_who_reported(town: Town) -> None:
    case_id = town.reported(**CONTACT)

    for login in ("acceptor", "leader", "supervisor"):
        page = town.browser(login).get(f"/cases/{case_id}").text
        assert CONTACT["reporter_name"] in page
        assert CONTACT["reporter_phone"] in page


def test_who_is_sent_out_does_not(town: Town) -> None:
    case_id = town.reported(**CONTACT)
    with town.database.unit_of_work() as uow:
        # A handler of the unit that is responsible, and a collector to whom a step of it was offered.
        uow.conn.exec_driver_sql(f'UPDATE "case" SET unit_id = {town.units["west-cleaners"]}')
        uow.conn.exec_driver_sql("UPDATE work_item SET role = 'collector'")

    for login in ("handler", "collector"):
        response = town.browser(login).get(f"/cases/{case_id}")
        assert response.status_code == 200
        assert CONTACT["reporter_name"] not in response.text
        assert CONTACT["reporter_phone"] not in response.text


def test_whoever_has_the_link_sees_nobodys_name(town: Town) -> None:
    data = {"category": "event:0101", "description": "垃圾", "lon": "108.9005", "lat": "34.2005", **CONTACT}
    link = town.browser().post("/report", data=data).location

    page = town.browser().get(link).text

    assert "案卷" in page
    assert CONTACT["reporter_name"] not in page


def test_a_case_is_followed_by_its_secret_alone(town: Town) -> None:
    town.reported()
    with town.database.unit_of_work() as uow:
        digests = uow.conn.exec_driver_sql("SELECT encode(follow_digest, 'hex') FROM report").scalars().all()

    assert [town.browser().get(f"/follow/{one}").status_code for one in digests] == [404]
