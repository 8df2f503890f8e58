"""The diagram of a case: what it says of each step, its forms and dispatch table, and that it is pleasant to look at."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.bpmn import Instance, MoveRefused, ProcessInfo, Token, load
from engine.bundles import Bundle, parse_bundle
from engine.deployment import read_folder
from engine.errors import Invalid
from engine.forms import Form

NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
}
STAGES = {"collecting", "filing", "verifying", "dispatching", "handling", "checking", "closing"}

Point = tuple[int, int]
Segment = tuple[str, Point, Point]
Box = tuple[float, float, float, float]


@pytest.fixture(scope="module")
def files(processes: Path) -> dict[str, bytes]:
    return read_folder(processes / "case")


@pytest.fixture(scope="module")
def bundle(files: dict[str, bytes]) -> Bundle:
    found, findings = parse_bundle(files)
    assert findings == []
    assert found is not None
    return found


@pytest.fixture(scope="module", params=["case", "sighting"])
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def process(bundle: Bundle, key: str) -> ProcessInfo:
    return bundle.process(key)


@pytest.fixture(scope="module")
def drawing(files: dict[str, bytes], key: str) -> etree._Element:
    return etree.fromstring(files[f"{key}.bpmn"])


def test_the_processes_are_named_and_deploy_without_a_finding(bundle: Bundle) -> None:
    names = {one.id: one.name for one in bundle.definitions.processes.values()}

    assert names == {"case": "城市管理案件", "sighting": "视频抓拍"}


def test_no_element_of_one_process_has_the_identifier_of_one_of_the_other(bundle: Bundle) -> None:
    case, sighting = (bundle.process(one).elements.keys() for one in ("case", "sighting"))

    assert case & sighting == set()


def test_every_lane_is_a_role_except_the_system(process: ProcessInfo, processes: Path) -> None:
    with (processes / "city" / "roles.csv").open(encoding="utf-8", newline="") as file:
        roles = {row["name_zh"] for row in csv.DictReader(file)}

    assert set(process.lanes) - roles == {"系统"}


def test_every_user_task_says_who_by_when_at_which_stage_and_with_which_form(
    bundle: Bundle, process: ProcessInfo
) -> None:
    tasks = [one for one in process.elements.values() if one.kind == "userTask"]

    assert len(tasks) == {"case": 8, "sighting": 1}[process.id]
    for task in tasks:
        assert task.lane != "系统", task.id
        assert task.properties["stage"] in STAGES, task.id
        assert task.properties["name_en"], task.id
        assert task.properties["limit"] == "case" or task.properties["unit_of_time"], task.id
        assert bundle.form_of(task) is not None, task.id


def test_every_named_element_has_an_english_name(process: ProcessInfo) -> None:
    named = [one for one in process.elements.values() if one.name]

    assert [one.id for one in named if not one.properties.get("name_en")] == []


def test_every_form_has_both_languages(bundle: Bundle) -> None:
    def texts(part: Any) -> Iterator[Mapping[str, str]]:
        if isinstance(part, dict):
            for name, value in part.items():
                if name in ("x-title", "x-help"):
                    yield value
                else:
                    yield from texts(value)
        elif isinstance(part, list):
            for value in part:
                yield from texts(value)

    for form in bundle.forms.values():
        found = list(texts(form.schema))
        assert found, form.path
        assert all(set(one) == {"zh", "en"} and all(one.values()) for one in found), form.path


def decisions(form: Form) -> dict[str, Mapping[str, Any]]:
    return {one["const"]: one for one in form.properties.get("decision", {}).get("oneOf", [])}


def test_every_way_on_is_one_that_the_form_before_offers(
    bundle: Bundle, process: ProcessInfo, drawing: etree._Element
) -> None:
    flows = drawing.findall(".//bpmn:sequenceFlow", NS)
    elements = process.elements
    for gateway in drawing.findall(".//bpmn:exclusiveGateway", NS):
        before = [
            elements[one.get("sourceRef", "")] for one in flows if one.get("targetRef") == gateway.get("id")
        ]
        form = bundle.form_of(before[0])
        if form is None:
            continue
        conditions = [
            one.findtext("bpmn:conditionExpression", "", NS)
            for one in flows
            if one.get("sourceRef") == gateway.get("id")
        ]
        asked = [
            match[1] for match in (re.fullmatch(r"decision == '(\w+)'", one) for one in conditions) if match
        ]

        # One choice is left to the default flow.
        assert set(asked) < set(decisions(form)), gateway.get("id")
        assert len(asked) == len(decisions(form)) - 1 == len(conditions) - 1, gateway.get("id")


def test_every_way_back_needs_a_reason(bundle: Bundle) -> None:
    ways_back = {
        (path, value): form
        for path, form in bundle.forms.items()
        for value, choice in decisions(form).items()
        if choice["x-tone"] == "danger"
    }

    assert set(ways_back) == {
        ("forms/accept.json", "reject"),
        ("forms/approve.json", "refuse"),
        ("forms/check.json", "failed"),
        ("forms/close.json", "not_enough"),
        ("forms/dispatch.json", "not_ours"),
        ("forms/file.json", "send_back"),
        ("forms/handle.json", "wrong_unit"),
    }
    for (_, value), form in ways_back.items():
        for reason in ({}, {"reason": ""}, {"reason": " \n"}, {"reason": "长" * 501}):
            with pytest.raises(Invalid) as refusal:
                form.fill({"decision": value, **reason})
            assert "reason" in refusal.value.fields
        assert form.fill({"decision": value, "reason": "有理由"}).log == {"reason": "有理由"}


class Asked:
    """Answers service tasks as the city would for one place and category, and keeps what `dispatch.suggest` was given."""

    def __init__(self, district: str, filed: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {
            "gis.locate": {"district_code": district},
            "standards.start_clock": {"condition_no": 1, **filed},
            "dispatch.facts": {"level": "district", "hour": 9, "grids": {}, "owner": "", **facts},
            "dispatch.suggest": {"auto": False},
        }

    def call(self, operation: str, parameters: Mapping[str, Any], token: Token) -> Any:
        if operation == "dispatch.suggest":
            self.rows = parameters["rows"]
        return self.answers.get(operation)


@pytest.mark.parametrize(
    ("kind", "category", "by_standard", "district", "owner", "expected"),
    [
        ("event", "0405", "law_enforcement", "610102", "", ("type", "law_enforcement", 2)),
        ("event", "0409", "traffic_police", "610102", "", ("type", "law_enforcement", 2)),
        ("event", "0405", "law_enforcement", "610118", "", ("type", "street_office", 1)),
        ("event", "0409", "traffic_police", "610118", "", ("type", "law_enforcement", 2)),
        ("component", "0405", "greenery", "610118", "", ("type", "greenery", 8)),
        ("component", "0101", "water_supply", "610102", "", ("type", "water_supply", 8)),
        ("component", "0101", "water_supply", "610102", "XA-SW", ("owner", "", 6)),
        ("component", "0123", "street_office", "610102", "", ("person", "", 3)),
        ("event", "0509", "police", "610102", "", ("person", "", 4)),
        ("component", "0601", "owner", "610102", "", ("person", "", 7)),
        ("component", "0601", "owner", "610102", "XC-SZ", ("owner", "", 5)),
    ],
)
def test_the_dispatch_table_says_whom_to_ask_and_by_which_row(
    bundle: Bundle,
    kind: str,
    category: str,
    by_standard: str,
    district: str,
    owner: str,
    expected: tuple[str, str, int],
) -> None:
    filed = {"kind": kind, "category": category, "unit_type": by_standard}
    host = Asked(district, filed, {"owner": owner})
    instance = Instance.create(bundle.definitions, "case", {"confirmed": False})
    now = datetime(2026, 11, 23, tzinfo=UTC)
    instance.run(host, now)

    for decision in ("accept", "file"):
        (waiting,) = instance.user_tasks()
        instance.complete(waiting.task_id, {"decision": decision})
        instance.run(host, now)

    (waiting,) = instance.user_tasks()
    first = min(host.rows, key=lambda row: row["rank"])
    numbers = [row["row"] for row in host.rows]
    assert waiting.element_id == "dispatch"
    assert (first["by"], first["target"]) == expected[:2]
    assert expected[2] in numbers
    assert all(row["description"] for row in host.rows)


def bounds(shape: etree._Element, path: str = "dc:Bounds") -> Box:
    found = shape.find(path, NS)
    assert found is not None, shape.get("id")
    x, y, width, height = (float(found.get(name, "")) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def shapes(drawing: etree._Element, process: ProcessInfo) -> dict[str, Box]:
    found = {one.get("bpmnElement", ""): one for one in drawing.findall(".//bpmndi:BPMNShape", NS)}
    return {element: bounds(found[element]) for element in process.elements}


def segments(drawing: etree._Element) -> list[Segment]:
    found = []
    for edge in drawing.findall(".//bpmndi:BPMNEdge", NS):
        points = [(int(one.get("x", "")), int(one.get("y", ""))) for one in edge.findall("di:waypoint", NS)]
        found += [(edge.get("bpmnElement", ""), start, end) for start, end in pairwise(points)]
    return found


def labels(drawing: etree._Element) -> dict[str, Box]:
    parts = drawing.findall(".//bpmndi:BPMNShape", NS) + drawing.findall(".//bpmndi:BPMNEdge", NS)
    return {
        one.get("bpmnElement", ""): bounds(one, "bpmndi:BPMNLabel/dc:Bounds")
        for one in parts
        if one.find("bpmndi:BPMNLabel", NS) is not None
    }


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def as_box(segment: Segment) -> Box:
    _, (x1, y1), (x2, y2) = segment
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def test_everything_is_drawn_inside_its_lane(drawing: etree._Element, process: ProcessInfo) -> None:
    drawn = {one.get("bpmnElement", ""): bounds(one) for one in drawing.findall(".//bpmndi:BPMNShape", NS)}
    for lane in drawing.findall(".//bpmn:lane", NS):
        left, top, right, bottom = drawn[lane.get("id", "")]
        for member in lane.findall("bpmn:flowNodeRef", NS):
            x1, y1, x2, y2 = drawn[str(member.text)]
            assert left < x1 < x2 < right, member.text
            assert top < y1 < y2 < bottom, member.text
    assert process.elements.keys() <= drawn.keys()


def test_flows_run_straight_and_through_no_element(drawing: etree._Element, process: ProcessInfo) -> None:
    inner = {
        name: (x1 + 1, y1 + 1, x2 - 1, y2 - 1) for name, (x1, y1, x2, y2) in shapes(drawing, process).items()
    }
    for segment in segments(drawing):
        (x1, y1), (x2, y2) = segment[1:]
        assert x1 == x2 or y1 == y2, segment
        assert [name for name, box in inner.items() if overlap(as_box(segment), box)] == [], segment


def test_flows_cross_only_where_they_must(drawing: etree._Element, key: str) -> None:
    crossing = [
        {one[0], other[0]}
        for one, other in combinations(segments(drawing), 2)
        if one[0] != other[0] and overlap(as_box(one), as_box(other))
    ]

    # The graph of the ways back is not planar: two crossings are the least. Requests go up to the shift leader and come down.
    known = [
        {"start_clock_to_gather", "check_extension_to_decide"},
        {"start_clock_to_gather", "check_suspension_to_decide"},
        {"start_clock_to_gather", "decide_to_granted"},
        {"take_back_to_gather", "place_to_handle"},
        {"after_to_check", "check_to_rework"},
    ]
    assert crossing == (known if key == "case" else [])


def test_labels_lie_free(drawing: etree._Element, process: ProcessInfo) -> None:
    drawn, lines, texts = shapes(drawing, process), segments(drawing), labels(drawing)
    for name, label in texts.items():
        assert [one for one, box in drawn.items() if overlap(label, box)] == [], name
        assert [one[0] for one in lines if overlap(label, as_box(one))] == [], name
        assert [one for one, other in texts.items() if one != name and overlap(label, other)] == [], name


@pytest.mark.parametrize(
    ("steps", "waits", "obstacles"),
    [
        ([], "accept", []),
        (["accept"], "file", []),
        (["accept", "file"], "handle", []),
        (["accept", "file", "done"], "check", ["note_handled"]),
    ],
)
def test_cases_of_the_version_before_cameras_go_over_until_their_work_is_done(
    files: dict[str, bytes], bundle: Bundle, steps: list[str], waits: str, obstacles: list[str]
) -> None:
    drawn = {name: content for name, content in files.items() if name.endswith((".bpmn", ".dmn"))}
    for flow, there, before in (
        ("find_similar_to_confirmed", "confirmed_before", "accept"),
        ("note_to_still", "take_still", "check"),
    ):
        now, then = (
            f'<bpmn:sequenceFlow id="{flow}" sourceRef="{flow.partition("_to_")[0]}" targetRef="{target}"'
            for target in (there, before)
        )
        now, then = (text.replace('"note"', '"note_handled"') for text in (now, then))
        assert now.encode() in drawn["case.bpmn"]
        drawn["case.bpmn"] = drawn["case.bpmn"].replace(now.encode(), then.encode())
    host = Asked("610102", {"kind": "event", "category": "0405", "unit_type": "law_enforcement"}, {})
    host.answers |= {
        "dispatch.suggest": {"auto": True, "unit_id": 1},
        "dispatch.assign": {"centre": False},
    }
    instance = Instance.create(load(drawn), "case", {"confirmed": False})
    at = datetime(2026, 11, 23, tzinfo=UTC)
    instance.run(host, at)
    for decision in steps:
        (waiting,) = instance.user_tasks()
        instance.complete(waiting.task_id, {"decision": decision})
        instance.run(host, at)

    try:
        instance = instance.moved_to(bundle.definitions)
        found = []
    except MoveRefused as refused:
        found = [one.element_id for one in refused.obstacles]

    assert found == obstacles
    assert [one.element_id for one in instance.user_tasks()] == [waits]
