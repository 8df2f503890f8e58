"""Decision tables: what they decide, and what the lint refuses in them."""

from collections.abc import Sequence

import pytest

from engine.bpmn import Instance, RunError, lint, load
from tests.bpmn.diagrams import NOW, Services, flows, process

Row = tuple[Sequence[str], Sequence[str]]

ASK = process(
    '<startEvent id="s"/><businessRuleTask id="d"><extensionElements><spiffworkflow:calledDecisionId>dispatch'
    "</spiffworkflow:calledDecisionId></extensionElements></businessRuleTask><endEvent id='e'/>"
    + flows("s d e")
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def table(
    rows: Sequence[Row], inputs: Sequence[str] = ("kind",), outputs: Sequence[str] = ("unit",), mark: str = ""
) -> bytes:
    columns = "".join(
        f'<input id="i{n}"><inputExpression id="x{n}"><text>{escaped(text)}</text></inputExpression></input>'
        for n, text in enumerate(inputs)
    ) + "".join(f'<output id="o{n}" name="{name}"/>' for n, name in enumerate(outputs))
    lines = ""
    for number, (given, results) in enumerate(rows):
        cells = "".join(
            f'<inputEntry id="c{number}_{n}"><text>{escaped(text)}</text></inputEntry>'
            for n, text in enumerate(given)
        ) + "".join(
            f'<outputEntry id="r{number}_{n}"><text>{escaped(text)}</text></outputEntry>'
            for n, text in enumerate(results)
        )
        lines += f'<rule id="row{number}">\n{cells}</rule>\n'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="t" name="t" namespace="n">'
        f'<decision id="dispatch" name="Dispatch"><decisionTable id="dt" {mark}>{columns}{lines}</decisionTable></decision>'
        "</definitions>"
    ).encode()


def decide(content: bytes, **variables: object) -> dict[str, object]:
    instance = Instance.create(load({"p.bpmn": ASK, "dispatch.dmn": content}), "p", variables)
    instance.run(Services(), NOW)
    return {key: value for key, value in instance.variables.items() if key not in variables}


@pytest.mark.parametrize(
    ("cell", "value", "matches"),
    [
        ("'road'", "road", True),
        ("'road'", "tree", False),
        ("> 3", 4, True),
        ("> 3", 3, False),
        ("4 <= ? <= 6", 5, True),
        ("? in ['a', 'b']", "b", True),
        ("len(?) > 2", "abc", True),
        ("-", "anything", True),
        ("", "anything", True),
        ("True", True, True),
    ],
)
def test_a_cell_matches(cell: str, value: object, matches: bool) -> None:
    assert decide(table([((cell,), ("'unit 1'",))]), kind=value) == ({"unit": "unit 1"} if matches else {})


def test_the_first_row_that_matches_counts() -> None:
    rows = [(("'tree'",), ("'gardens'",)), (("-",), ("kind + ' office'",)), (("-",), ("'nobody'",))]

    assert decide(table(rows), kind="road") == {"unit": "road office"}


def test_collect_gives_lists() -> None:
    rows = [(("-",), ("'a'",)), (("-",), ("'b'",))]

    assert decide(table(rows, mark='hitPolicy="COLLECT"'), kind="road") == {"unit": ["a", "b"]}


ASK_FOR_ROWS = ASK.replace(
    b"</spiffworkflow:calledDecisionId>",
    b"</spiffworkflow:calledDecisionId><spiffworkflow:properties>"
    b'<spiffworkflow:property name="rows" value="found"/></spiffworkflow:properties>',
)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("road", [{"unit": "a", "row": 1, "description": ""}, {"unit": "road", "row": 3, "description": ""}]),
        ("tree", [{"unit": "b", "row": 2, "description": ""}, {"unit": "tree", "row": 3, "description": ""}]),
    ],
)
def test_collected_rows_tell_their_numbers(kind: str, expected: list[dict[str, object]]) -> None:
    rows = [(("'road'",), ("'a'",)), (("'tree'",), ("'b'",)), (("-",), ("kind",))]
    content = table(rows, outputs=("found.unit",), mark='hitPolicy="COLLECT"')
    instance = Instance.create(load({"p.bpmn": ASK_FOR_ROWS, "t.dmn": content}), "p", {"kind": kind})

    instance.run(Services(), NOW)

    assert instance.variables["found"] == expected


def test_no_row_that_matches_is_an_empty_list() -> None:
    content = table([(("'road'",), ("'a'",))], outputs=("found.unit",), mark='hitPolicy="COLLECT"')
    instance = Instance.create(load({"p.bpmn": ASK_FOR_ROWS, "t.dmn": content}), "p", {"kind": "tree"})

    instance.run(Services(), NOW)

    assert instance.variables["found"] == []


def test_a_hostile_cell_is_stopped_when_it_runs() -> None:
    with pytest.raises(RunError, match="dot") as caught:
        decide(table([(("().__class__ == ?",), ("'a'",))]), kind="road")

    assert caught.value.element_id == "d"


def test_a_decision_does_not_change_a_neighbouring_branch() -> None:
    diagram = process(
        '<startEvent id="s"/><parallelGateway id="g"/><userTask id="u"/><businessRuleTask id="d"><extensionElements>'
        "<spiffworkflow:calledDecisionId>dispatch</spiffworkflow:calledDecisionId></extensionElements></businessRuleTask>"
        '<endEvent id="e"/>' + flows("s g u e", "g d e")
    )
    files = {"p.bpmn": diagram, "dispatch.dmn": table([(("-",), ("'new'",))], outputs=("place.deep.unit",))}
    instance = Instance.create(load(files), "p", {"kind": 1, "place": {"deep": {"unit": "old"}}})
    instance.run(Services(), NOW)

    [token] = instance.user_tasks()

    assert token.variables["place"] == {"deep": {"unit": "old"}}


WRONG: list[tuple[str, str, bytes]] = [
    ("hit-policy", "dt", table([(("-",), ("1",))], mark='hitPolicy="PRIORITY"')),
    ("hit-policy", "dt", table([(("-",), ("1",))], mark='hitPolicy="RULE ORDER"')),
    ("aggregation", "dt", table([(("-",), ("1",))], mark='hitPolicy="COLLECT" aggregation="SUM"')),
    ("overlapping-rows", "row1", table([(("'a'",), ("1",)), (("-",), ("2",))])),
    ("decision-cell", "c0_0", table([(("[4..6]",), ("1",))])),
    ("decision-cell", "c0_0", table([(('"a", "b"',), ("1",))])),
    ("decision-cell", "c0_0", table([(('"a" and "b"',), ("1",))])),
    ("decision-cell", "c0_0", table([((" ",), ("1",))])),
    ("decision-cell", "c0_0", table([(("not('a')",), ("1",))])),
    ("decision-cell", "c0_0", table([(("true",), ("1",))])),
    ("decision-cell", "c0_0", table([(("().__class__",), ("1",))])),
    ("decision-cell", "r0_0", table([(("-",), ("1 +",))])),
    ("decision-cell", "r0_0", table([(("-",), ("date('2026-01-01')",))])),
    ("decision-cell", "i0", table([(("-",), ("1",))], inputs=("kind ==",))),
    ("table-shape", "i0", table([(("-",), ("1",))], inputs=("",))),
    ("table-shape", "o0", table([(("-",), ("1",))], outputs=("",))),
    ("table-shape", "row0", table([(("-", "-"), ("1",))])),
    ("table-shape", "a", table([(("-",), ("1",))]).replace(b"<rule", b'<annotation id="a"/><rule')),
    (
        "one-decision",
        "t",
        table([(("-",), ("1",))]).replace(b"</definitions>", b'<decision id="d2"/></definitions>'),
    ),
    ("one-decision", "dispatch", table([]).replace(b"decisionTable", b"literalExpression")),
]


@pytest.mark.parametrize(
    ("rule", "element_id", "content"), WRONG, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(WRONG)]
)
def test_the_lint_finds_what_is_wrong_in_a_table(rule: str, element_id: str, content: bytes) -> None:
    found = [finding for finding in lint({"p.bpmn": ASK, "dispatch.dmn": content}) if finding.rule == rule]

    assert element_id in {finding.element_id for finding in found}
    assert {finding.file for finding in found} == {"dispatch.dmn"}


def test_a_sound_table_has_no_findings() -> None:
    rows = [(("'road'", "> 3"), ("'a'", "1")), (("? in ['x']", "-"), ("kind", "n"))]
    content = table(rows, inputs=("kind", "n"), outputs=("unit", "rank"), mark='hitPolicy="FIRST"')

    assert lint({"p.bpmn": ASK, "dispatch.dmn": content}) == []


def test_an_unknown_decision_names_those_that_there_are() -> None:
    content = table([(("-",), ("1",))]).replace(b'id="dispatch"', b'id="other"')

    [finding] = lint({"p.bpmn": ASK, "dispatch.dmn": content})

    assert (finding.rule, finding.element_id) == ("unknown-decision", "d")
    assert "other" in finding.remedy


def test_a_finding_in_a_table_has_its_line() -> None:
    content = table([(("-",), ("1",)), (("-",), ("oops(",))], mark='hitPolicy="FIRST"')

    [finding] = lint({"p.bpmn": ASK, "dispatch.dmn": content})

    assert b"r1_0" in content.splitlines()[(finding.line or 0) - 1]
