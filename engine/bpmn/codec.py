"""The compact form of an instance's state: JSON rows under zstd, without the diagram.

One row a task, depth first, so that parents come before children and children keep their order:
[id, parent's row, spec name, state, triggered, internal data, data]. The data are the difference to the
parent's. Tasks only foreseen need no id of their own. The order in which tasks last changed is kept as a rank.
"""

from base64 import b64decode, b64encode
from threading import local
from typing import Any
from uuid import UUID

import orjson
import zstandard
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .errors import RunError, StateError
from .workflow import LiveSubprocess, LiveWorkflow

VERSION = 1
MAX_STATE = 64 * 1024 * 1024
_FORESEEN = TaskState.PREDICTED_MASK | TaskState.FUTURE


class _Tools(local):
    """To make one costs more than to use it; none is for two threads at once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_tools = _Tools()


def pack(plain: Any) -> bytes:
    """JSON under zstd. Raises RunError if it is more than can be unpacked."""
    text = orjson.dumps(plain)
    if len(text) > MAX_STATE:
        raise RunError(
            f"the state takes {len(text) >> 20} MB, and may take {MAX_STATE >> 20}; keep large data elsewhere"
        )
    return _tools.compressor.compress(text)


def unpack(blob: bytes) -> Any:
    """What pack has packed. Raises StateError if the bytes are damaged."""
    try:
        return orjson.loads(_tools.decompressor.decompress(blob, max_output_size=MAX_STATE))
    except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
        raise StateError(f"the stored state is damaged: {error}") from error


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, types included: True is not 1, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _difference(task: Task, parent: Task | None) -> Any:
    if not task.data:
        return 0
    base = parent.data if parent is not None else {}
    updates = {
        key: value for key, value in task.data.items() if key not in base or not same(base[key], value)
    }
    deletions = [key for key in base if key not in task.data]
    if deletions:
        return [updates, deletions]
    return [updates] if updates else 1


def _apply(difference: Any, parent: Task | None) -> dict[str, Any]:
    if difference == 0:
        return {}
    data = dict(parent.data) if parent is not None else {}
    if difference == 1:
        return data
    data.update(difference[0])
    for key in difference[1] if len(difference) > 1 else ():
        data.pop(key, None)
    return data


def _internal(task: Task) -> dict[str, Any]:
    """Its internal data; events already seen are written by their place in the choice."""
    internal = dict(task.internal_data)
    seen: list[BpmnEvent] = internal.pop("seen_events", [])
    if seen and not task.has_state(TaskState.FINISHED_MASK):
        choices = task.task_spec.event_definition.event_definitions
        internal["seen_events"] = [[choices.index(event.event_definition), event.payload] for event in seen]
    return internal


def _restore_internal(task: Task, internal: dict[str, Any]) -> None:
    seen = internal.pop("seen_events", None)
    task.internal_data = internal
    if seen is not None:
        choices = task.task_spec.event_definition.event_definitions
        task.internal_data["seen_events"] = [
            BpmnEvent(choices[place], payload=payload) for place, payload in seen
        ]


def _encode_id(value: UUID) -> str:
    return b64encode(value.bytes).decode().rstrip("=")


def _decode_id(text: str) -> UUID:
    return UUID(bytes=b64decode(text + "=="))


def _dump_tree(workflow: Any) -> list[Any]:
    tasks = list(workflow.in_order(TaskState.ANY_MASK))
    ranks = {
        task.id: rank for rank, task in enumerate(sorted(tasks, key=lambda task: task.last_state_change))
    }
    rows: dict[Any, int] = {}
    plain = []
    for task in tasks:
        parent = workflow.tasks.get(task._parent)
        foreseen = task.has_state(_FORESEEN)
        rows[task.id] = len(rows)
        plain.append(
            [
                0 if foreseen else _encode_id(task.id),
                rows[parent.id] if parent is not None else -1,
                task.task_spec.name,
                task.state,
                1 if task.triggered else 0,
                _internal(task) or 0,
                _difference(task, parent),
                ranks[task.id],
            ]
        )
    last = workflow.last_task
    return [
        plain,
        workflow.data,
        rows.get(last.id, -1) if last is not None else -1,
        1 if workflow.completed else 0,
        1 if workflow.success else 0,
    ]


def _load_tree(workflow: Any, plain: list[Any]) -> None:
    rows, data, last, completed, success = plain
    tasks: list[Task] = []
    for task_id, parent_row, spec_name, state, triggered, internal, difference, rank in rows:
        spec = workflow.spec.task_specs.get(spec_name)
        if spec is None:
            raise StateError(f"the diagram has no element {spec_name!r} that the stored state stands at")
        parent = tasks[parent_row] if parent_row >= 0 else None
        task = Task(workflow, spec, parent, state=state, id=_decode_id(task_id) if task_id else None)
        task.triggered = bool(triggered)
        task.data = _apply(difference, parent)
        task.last_state_change = float(rank)
        _restore_internal(task, internal or {})
        if isinstance(spec, CatchingEvent) and state == TaskState.WAITING:
            workflow.top_workflow.event_manager.add_task(task)
        tasks.append(task)
    workflow.task_tree = tasks[0]
    workflow.data = data
    workflow.last_task = tasks[last] if last >= 0 else None
    workflow.completed, workflow.success = bool(completed), bool(success)


def dump_workflow(workflow: LiveWorkflow) -> list[Any]:
    """The state of a workflow as JSON. Subprocesses follow in the order in which they began."""
    parts = [[_encode_id(task_id), _dump_tree(part)] for task_id, part in workflow.subprocesses.items()]
    return [_dump_tree(workflow), parts]


def load_workflow(workflow: LiveWorkflow, plain: list[Any]) -> None:
    """Fill an empty workflow with a state."""
    tree, parts = plain
    _load_tree(workflow, tree)
    for encoded, part in parts:
        task = workflow.get_task_from_id(_decode_id(encoded))
        spec = workflow.subprocess_specs[task.task_spec.spec]
        subprocess = LiveSubprocess(spec, parent_task_id=task.id, top_workflow=workflow, deserializing=True)
        _load_tree(subprocess, part)
        workflow.subprocesses[task.id] = subprocess
        subprocess.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
