"""The service tasks as an editor of diagrams lists them."""

from __future__ import annotations

from tests.api.conftest import Town


def test_each_has_its_parameters_and_the_parts_of_its_result(town: Town) -> None:
    listed = {one["id"]: one for one in town.get("/service-tasks", "handler").json["items"]}

    compare, notify = listed["vision.compare"], listed["notify"]
    assert compare["title"] == {"zh": "比对处置前后照片", "en": "Compare the photographs"}
    assert (compare["background"], compare["parameters"], compare["has_result"]) == (True, [], True)
    assert {one["name"]: one["type"] for one in compare["result"]} == {
        "same_place": "str",
        "reused": "bool",
        "dark": "bool",
        "blurred": "bool",
        "metres": "int | null",
        "photographs": "list",
    }
    assert {one["id"]: one["required"] for one in notify["parameters"]}["to"]
    assert listed["standards.start_clock"]["parameters"] == [
        {"id": "yellow", "type": "float", "required": False}
    ]
    assert all(one["summary"] for one in listed.values())
