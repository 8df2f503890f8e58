"""The scenarios of the process of a case, and what the runner says of scenarios that go wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.bpmn import DiagramError
from engine.errors import Invalid
from engine.store.database import Database
from handlers.commands.scenarios import scenarios
from handlers.scenarios.parsing import read_scenario
from handlers.scenarios.reading import MAX_BYTES, MAX_STEPS, ScenarioError
from handlers.scenarios.run import Outcome, run_folder

REPORT = """
given:
  at: 2026-11-23 09:00
  channel: citizen
  kind: event
  category: "0405"
  place: 西一路
  description: 店外经营
"""


@pytest.fixture(scope="module")
def anywhere(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def before(anywhere: Database) -> int:
    """How many cases there are before any scenario ran: what tests of other files left."""
    return _cases(anywhere)


def _cases(database: Database) -> int:
    with database.unit_of_work() as uow:
        return int(uow.conn.exec_driver_sql('SELECT count(*) FROM public."case"').scalar_one())


@pytest.fixture(scope="module")
def outcome(anywhere: Database, before: int, processes: Path) -> Outcome:
    return run_folder(anywhere, processes / "case")


@pytest.fixture
def folder(tmp_path: Path, processes: Path) -> Path:
    """A copy of the process of a case that has no scenario yet."""
    shutil.copytree(processes / "case", tmp_path / "case")
    for path in (tmp_path / "case" / "scenarios").glob("*.yaml"):
        path.unlink()
    return tmp_path / "case"


def write(folder: Path, text: str, name: str = "one") -> Path:
    path = folder / "scenarios" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_scenario_goes_as_written(outcome: Outcome) -> None:
    assert [(one.file, one.line, one.problem) for one in outcome.results if not one.ok] == []


def test_the_scenarios_pass_every_element_of_the_diagrams(outcome: Outcome) -> None:
    case, sighting = outcome.coverages

    assert (case.missed, sighting.missed) == ((), ())
    assert str(case).startswith("case.bpmn: ")
    assert str(sighting).startswith("sighting.bpmn: ")
    assert str(case).endswith(" elements, 100 %")


def test_scenarios_leave_nothing_in_the_database(anywhere: Database, before: int, outcome: Outcome) -> None:
    with anywhere.unit_of_work() as uow:
        schemas = uow.conn.exec_driver_sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'gridcase%%'")

        assert schemas.all() == []
    assert _cases(anywhere) == before


def test_a_step_of_the_wrong_role_is_told_with_its_line_and_what_waits(
    anywhere: Database, folder: Path
) -> None:
    write(
        folder,
        f"name: 派早了{REPORT}steps:\n  - acceptor: {{decision: accept}}\n  - dispatcher: {{decision: assign}}\n",
    )

    (result,) = run_folder(anywhere, folder).results

    assert (result.ok, result.line) == (False, 11)
    assert result.problem == (
        "no work item waits for 派遣员; the case waits for 立案 (file) by 值班长 @ 新城区, due 2026-11-23 09:30"
    )


def test_an_expectation_that_does_not_hold_is_told_with_its_line(anywhere: Database, folder: Path) -> None:
    write(folder, f"name: 派早了{REPORT}steps:\n  - expect: {{waits_for: 立案, due: 2026-11-23 10:00}}\n")

    (result,) = run_folder(anywhere, folder).results

    assert result.line == 10
    assert result.problem.startswith(
        "立案 should wait; 受理 (accept) should not wait; the due should be 2026-11-23 10:00; the case waits for 受理"
    )


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("acceptor: {decision: maybe}", "decision: Choose one of the answers."),
        ("acceptor: {decision: accept, colour: red}", "colour: This form has no field colour."),
        ("refuse: {acceptor: {decision: accept}}", "it is accepted, and should be refused"),
        ("refuse: {acceptor: {decision: reject}, field: category}", "it is refused, but not for category"),
        ("action: {resume: {}, by: acceptor}", "This cannot be done with the case as it is now."),
        ("action: {void: {reason: 重复}, by: handler}", "There is no case"),
        ("expect: {outcome: closed}", "the outcome should be closed"),
        ("expect: {stage: filing}", "the stage should be filing, and is collecting"),
        ("expect: {case: {rework_count: 2}}", "rework_count of the case should be 2, and is 0"),
        ("expect: {role: handler}", "the role should be handler"),
        ("expect: {unit: 西安市}", "the unit should be 西安市"),
        ("janitor: {decision: accept}", "there is no role 'janitor'"),
        (
            "answer: {task: vision.evidence}",
            "the background task vision.evidence does not wait; there waits: none",
        ),
    ],
)
def test_what_goes_otherwise_is_told(anywhere: Database, folder: Path, step: str, said: str) -> None:
    write(folder, f"name: 一步{REPORT}steps:\n  - {step}\n")

    (result,) = run_folder(anywhere, folder).results

    assert said in result.problem
    assert result.line == 10


def test_the_scenario_of_the_read_me_goes_as_written(anywhere: Database, folder: Path) -> None:
    _, _, rest = (folder / "README.md").read_text("utf-8").partition("```yaml\n")
    write(folder, rest.partition("```")[0])

    (result,) = run_folder(anywhere, folder).results

    assert (result.problem, result.line) == ("", None)


def test_a_failed_scenario_does_not_hold_up_the_next(anywhere: Database, folder: Path) -> None:
    write(folder, f"name: 坏{REPORT}steps:\n  - shift_leader: {{decision: file}}\n", "a")
    write(folder, f"name: 好{REPORT}steps:\n  - acceptor: {{decision: accept}}\n", "b")

    results = run_folder(anywhere, folder).results

    assert [one.ok for one in results] == [False, True]


def test_a_file_that_is_no_scenario_is_told_with_its_line_and_the_others_run(
    anywhere: Database, folder: Path
) -> None:
    write(folder, f"name: 坏{REPORT}steps:\n  - expect: {{waits: 受理}}\n", "a")
    write(folder, f"name: 好{REPORT}steps:\n  - acceptor: {{decision: accept}}\n", "b")

    bad, good = run_folder(anywhere, folder).results

    assert (bad.file, bad.line, good.ok) == ("a.yaml", 10, True)
    assert bad.problem.startswith("expect has no waits; it has: waits_for")


def test_timers_fire_while_a_scenario_waits(anywhere: Database, folder: Path) -> None:
    diagram = folder / "case.bpmn"
    timer = """<bpmn:boundaryEvent id="too_late" name="超时" attachedToRef="verify">
      <bpmn:outgoing>too_late_to_accept</bpmn:outgoing>
      <bpmn:timerEventDefinition id="after_two_hours">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT2H</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="too_late_to_accept" sourceRef="too_late" targetRef="accept" />
  </bpmn:process>"""
    text = diagram.read_text("utf-8").replace("</bpmn:process>", timer)
    diagram.write_text(
        text.replace(
            "<bpmn:flowNodeRef>verify<",
            "<bpmn:flowNodeRef>too_late</bpmn:flowNodeRef><bpmn:flowNodeRef>verify<",
        ),
        "utf-8",
    )
    steps = """steps:
  - acceptor: {decision: verify}
  - wait: 119 minutes
  - expect: {waits_for: 核实}
  - wait: 3 hours
  - expect: {waits_for: 受理, due: 2026-11-23 11:30}
"""
    write(folder, f"name: 核实超时{REPORT}{steps}")

    (result,) = run_folder(anywhere, folder).results

    assert result.problem == ""
    assert {"too_late", "too_late_to_accept"} <= result.visited


def test_a_diagram_with_errors_is_refused_before_anything_runs(anywhere: Database, folder: Path) -> None:
    write(folder, f"name: 好{REPORT}steps: []\n")
    diagram = folder / "case.bpmn"
    diagram.write_text(
        diagram.read_text("utf-8").replace('targetRef="accept"', 'targetRef="nowhere"', 1), "utf-8"
    )

    with pytest.raises(DiagramError):
        run_folder(anywhere, folder)


def test_only_picks_by_name(anywhere: Database, folder: Path) -> None:
    write(folder, f"name: 甲{REPORT}steps: []\n", "a")
    write(folder, f"name: 乙{REPORT}steps: []\n", "b")

    assert [one.file for one in run_folder(anywhere, folder, "乙").results] == ["b.yaml"]
    with pytest.raises(Invalid, match="no scenario like '丙'"):
        run_folder(anywhere, folder, "丙")


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("name: [", "this is not YAML", 1),
        ("- a\n- b", "a scenario has name, given and steps", None),
        ("x" * (MAX_BYTES + 1), "more than 128 KB", None),
        ("[" * 60_000, "nested too deeply", 1),
        ("name: &a 甲\ngiven: *a", r"write the value out instead of \*a", None),
        ("name: !!python/object/apply:os.system ['true']", "this is not YAML", 1),
        ("name: 甲\nstory: 乙", "a scenario has no story", None),
        (f"name: 甲{REPORT}steps:\n" + "  - wait: 1 hour\n" * (MAX_STEPS + 1), "more than 200 steps", None),
        (f"name: 甲{REPORT.replace(chr(34), '')}steps: []", "category is a text: write it in quotes", None),
        (f"name: 甲{REPORT.replace('09:00', 'nine')}steps: []", "write a time like", None),
        (f"name: 甲{REPORT}  lon: east\nsteps: []", "lon is a number", None),
        (f"name: 甲{REPORT}  lon: 1.0\n  lat: 2.0\nsteps: []", "either place, or lon and lat", None),
        (f"name: 甲{REPORT}steps:\n  - wait: a while", "write a time to wait like", 10),
        (f"name: 甲{REPORT}steps:\n  - acceptor: accept", "give the fields of the form", 10),
        (f"name: 甲{REPORT}steps:\n  - {{acceptor: {{}}, dispatcher: {{}}}}", "a step names one role", 10),
        (f"name: 甲{REPORT}steps:\n  - action: {{void: {{}}}}", "an action is written", 10),
        (f"name: 甲{REPORT}steps:\n  - acceptor: {{}}\n    photos: many", "photos says how many", 10),
    ],
)
def test_what_is_not_written_as_it_must_be_is_told(
    tmp_path: Path, text: str, said: str, line: int | None
) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ScenarioError, match=said) as refusal:
        read_scenario(path)

    assert refusal.value.line == line


def test_the_command_prints_each_scenario_and_the_coverage(database_url: str) -> None:
    done = CliRunner().invoke(
        scenarios, ["--require-coverage", "100"], env={"GRIDCASE_DATABASE_URL": database_url}
    )

    assert done.exit_code == 0, done.output
    assert "ok      rework.yaml" in done.output
    assert re.search(r"case\.bpmn: (\d+) of \1 elements, 100 %", done.output)


def test_the_command_fails_when_too_little_is_covered(database_url: str) -> None:
    arguments = ["--only", "rework", "--require-coverage", "100"]

    done = CliRunner().invoke(scenarios, arguments, env={"GRIDCASE_DATABASE_URL": database_url})

    assert done.exit_code == 1
    assert "not passed: accept_to_rejected" in done.output
