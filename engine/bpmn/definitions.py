"""Parsed bundles: read once per content, never changed, shared by all instances and threads."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask

from .diagram import Bundle, Scope, line_of, read_bundle
from .finding import DiagramError, Finding
from .parser import DiagramParser
from .prediction import bound_prediction
from .process_info import ProcessInfo, read_process
from .timers import Alternatives, give_slots

# So many bundles stay parsed; one of ordinary size takes some 70 KiB.
CACHED_BUNDLES = 256

FlowIds = Mapping[tuple[str, str], tuple[str, ...]]


def content_hash(files: Mapping[str, bytes]) -> str:
    """The hash of a bundle: over names and raw bytes, in whatever order they come. Hexadecimal SHA-256."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class ParsedProcess:
    """The library's specs of one process, with the ids of its sequence flows by process or subprocess."""

    spec: Any
    subprocess_specs: Mapping[str, Any]
    flows: Mapping[str, FlowIds]


class Definitions:
    """The processes of one bundle. Immutable: share it between instances and threads."""

    def __init__(
        self, digest: str, processes: Mapping[str, ProcessInfo], parsed: Mapping[str, ParsedProcess]
    ) -> None:
        self.content_hash = digest
        self.processes: Mapping[str, ProcessInfo] = MappingProxyType(dict(processes))
        self._parsed = dict(parsed)

    def parsed(self, process_id: str) -> ParsedProcess:
        """The specs of a process. Raises KeyError naming the processes that there are."""
        if process_id not in self._parsed:
            known = ", ".join(sorted(self._parsed)) or "none"
            raise KeyError(f"there is no process {process_id!r} in this bundle; there is: {known}")
        return self._parsed[process_id]


def _flow_ids(bundle: Bundle) -> dict[str, FlowIds]:
    ids: dict[str, FlowIds] = {}
    for scope in bundle.scopes():
        pairs: dict[tuple[str, str], tuple[str, ...]] = {}
        for flow in scope.flows:
            pair = (flow.source, flow.target)
            pairs[pair] = (*pairs.get(pair, ()), flow.id)
        ids[scope.id] = MappingProxyType(pairs)
    return ids


def _connect(spec: Any) -> None:
    """Join repeated activities to their instances, which the library does only when it creates or unpacks one."""
    for task_spec in spec.task_specs.values():
        if isinstance(task_spec, LoopTask):
            instance = spec.task_specs[task_spec.task_spec]
            if not instance.completed_event.is_connected(task_spec.merge_child):
                instance.completed_event.connect(task_spec.merge_child)
        definition = getattr(task_spec, "event_definition", None)
        if isinstance(definition, Alternatives):
            give_slots(definition)


def _finding(error: Exception, process: Scope) -> Finding:
    # The library wraps whatever fails below it.
    if isinstance(error, RecursionError) or "RecursionError" in str(error):
        return Finding(
            process.file,
            None,
            process.id,
            "too-long",
            "The diagram has too many elements in one row.",
            "Put parts of it into subprocesses.",
        )
    element_id = str(getattr(error, "id", "") or "") or None
    return Finding(
        str(getattr(error, "file_name", "") or process.file),
        _line(process, element_id),
        element_id or process.id,
        "not-understood",
        f"The engine cannot run this: {str(error).strip(' .')}.",
        "Redraw the element; the lint says more about common causes.",
    )


def _line(process: Scope, element_id: str | None) -> int | None:
    for element in process.element.iter():
        if element_id and element.get("id") == element_id:
            return line_of(element)
    return line_of(process.element)


def _parse(digest: str, files: Mapping[str, bytes]) -> Definitions:
    bundle = read_bundle(files)
    parser = DiagramParser()
    findings: list[Finding] = []
    for document in bundle.documents:
        try:
            if document.is_decision:
                parser.add_dmn_xml(document.root, document.file)
            else:
                parser.add_bpmn_xml(document.root, document.file)
        except (ValidationException, LookupError, ValueError, TypeError, AttributeError) as error:
            message = f"The file cannot be read: {str(error).strip(' .')}."
            findings.append(
                Finding(document.file, None, None, "not-understood", message, "Export the file again.")
            )
    if findings:
        raise DiagramError(findings)
    flows = _flow_ids(bundle)
    parsed: dict[str, ParsedProcess] = {}
    infos: dict[str, ProcessInfo] = {}
    for process in bundle.processes:
        if not process.executable:
            continue
        try:
            spec = parser.get_spec(process.id)
            subprocess_specs = parser.get_subprocess_specs(process.id)
        except (
            ValidationException,
            RecursionError,
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
        ) as error:
            findings.append(_finding(error, process))
            continue
        for one in (spec, *subprocess_specs.values()):
            _connect(one)
            bound_prediction(one)
        parsed[process.id] = ParsedProcess(spec, MappingProxyType(subprocess_specs), MappingProxyType(flows))
        infos[process.id] = read_process(process)
    if findings:
        raise DiagramError(findings)
    return Definitions(digest, infos, parsed)


_cache: OrderedDict[str, Definitions] = OrderedDict()
_lock = threading.Lock()


def load(files: Mapping[str, bytes]) -> Definitions:
    """Parse a bundle, or take it from the cache by its content. Raises DiagramError with every cause found.

    What merely runs wrong is not looked for here, so that a case goes on with a diagram which a later
    release would no longer let in: that is `lint`, and a deployment calls both.
    """
    digest = content_hash(files)
    with _lock:
        found = _cache.get(digest)
        if found is not None:
            _cache.move_to_end(digest)
            return found
    definitions = _parse(digest, files)
    with _lock:
        kept = _cache.setdefault(digest, definitions)
        _cache.move_to_end(digest)
        while len(_cache) > CACHED_BUNDLES:
            _cache.popitem(last=False)
    return kept
