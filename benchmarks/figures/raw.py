"""What the stock library costs for the same case, in memory and with no storage: the floor that the engine stands on."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from benchmarks.lives.office import Office
from engine.deployment import read_folder
from engine.log import data_of
from engine.store import cases, log_entries

Answers = Mapping[str, Sequence[Any]]


class _Replayed(PythonScriptEngine):  # type: ignore[misc]
    """The stock script engine; service tasks answer what they answered in a real case, in the same order."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._left = {name: list(given) for name, given in answers.items()}

    def call_service(self, task: Any, **call: Any) -> str:
        """The next answer of a service task, as JSON."""
        return json.dumps(self._left[call["operation_name"]].pop(0))


def raw_engine_cpu_ms(office: Office, count: int) -> float:
    """Processor time in ms of completing one user task, the same forms filled in, over some cases."""
    spec, subprocesses = _parsed(office)
    start, answers = _recorded(office)
    seconds, steps = 0.0, 0
    for n in range(1, count + 11):
        workflow = BpmnWorkflow(spec, subprocesses, script_engine=_Replayed(answers))
        workflow.task_tree.data = dict(start)
        workflow.do_engine_steps()
        for values in office.life.steps(n):
            began = time.process_time()
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            task.data.update(values)
            task.run()
            workflow.do_engine_steps()
            workflow.refresh_waiting_tasks()
            # The first ten warm up.
            if n > 10:
                seconds, steps = seconds + time.process_time() - began, steps + 1
        if not workflow.is_completed():
            raise RuntimeError(f"case {n} did not end in the stock library")
    return seconds * 1e3 / steps


def _parsed(office: Office) -> tuple[Any, Any]:
    parser = SpiffBpmnParser()
    for path, content in read_folder(office.life.folder).items():
        if path.endswith(".bpmn"):
            parser.add_bpmn_str(content, path)
        elif path.endswith(".dmn"):
            parser.add_dmn_str(content, path)
    return parser.get_spec(office.life.process), parser.get_subprocess_specs(office.life.process)


def _recorded(office: Office) -> tuple[dict[str, Any], Answers]:
    """The variables with which a real case starts, and what its service tasks answered."""
    case_id = office.open()
    office.play(case_id, office.life.steps(office.opened))
    names = ("channel", "scheme", "kind", "category", "condition_no", "priority")
    answers: dict[str, list[Any]] = {}
    with office.database.unit_of_work() as uow:
        document = cases.read(uow.conn, case_id)
        for row in log_entries.of_case(uow.conn, case_id):
            if row["action"] == "service":
                said = data_of(row)
                answers.setdefault(said["task"], []).append(said["result"])
    if document is None:
        raise RuntimeError("the case that was played is gone")
    return {name: document[name] for name in names}, answers
