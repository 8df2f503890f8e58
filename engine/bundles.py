"""Bundles: the diagrams, tables and forms of one deployment, parsed once in each process and shared."""

from __future__ import annotations

from collections import ChainMap, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from engine.bpmn import Definitions, DiagramError, ElementInfo, Finding, ProcessInfo, content_hash, lint, load
from engine.conventions import check
from engine.errors import NotFound
from engine.form_lint import parse
from engine.forms import Form
from engine.messages import Message
from engine.store import bundles
from engine.store.unit_of_work import UnitOfWork
from engine.tasks import load_service_tasks

MAX_FILES = 200
MAX_BYTES = 8 * 1024 * 1024
_KEPT = 64


@dataclass(frozen=True)
class Bundle:
    """One deployment, parsed.

    Attributes:
        hash: of the names and bytes of its files.
        definitions: the processes and decision tables.
        forms: by path in the bundle.
    """

    hash: str
    definitions: Definitions
    forms: Mapping[str, Form]

    def process(self, key: str) -> ProcessInfo:
        """One of its processes."""
        return self.definitions.processes[key]

    def element(self, key: str, element_id: str) -> ElementInfo:
        """One element of a process, or of another one of the bundle that it calls.

        Raises:
            KeyError: there is none.
        """
        own = self.process(key).elements
        return own[element_id] if element_id in own else self.elements(key)[element_id]

    def elements(self, key: str) -> Mapping[str, ElementInfo]:
        """Those of a process and of the others of the bundle, which it may call; of two with one id its own."""
        others = [process.elements for process in self.definitions.processes.values()]
        return ChainMap({}, self.process(key).elements, *others)  # type: ignore[arg-type]

    def form_of(self, element: ElementInfo) -> Form | None:
        """The form of a user task or of an action, or None if it has none."""
        path = element.properties.get("form")
        return self.forms.get(path) if path else None


_cache: OrderedDict[str, Bundle] = OrderedDict()
_lock = Lock()


def parse_bundle(files: Mapping[str, bytes]) -> tuple[Bundle | None, list[Finding]]:
    """Parse and check the files of a bundle; a bundle only if there is no error among the findings."""
    findings = _check_size(files)
    if findings:
        return None, findings
    operations = {name: task.signature() for name, task in load_service_tasks().items()}
    diagrams = {path: content for path, content in files.items() if path.endswith((".bpmn", ".dmn"))}
    findings = lint(diagrams, operations)
    forms: dict[str, Form] = {}
    for path, content in files.items():
        if path.endswith(".json"):
            form, found = parse(path, content)
            findings += found
            if form:
                forms[path] = form
    if any(finding.severity == "error" for finding in findings):
        return None, findings
    bundle = Bundle(content_hash(files), load(diagrams), forms)
    for process in bundle.definitions.processes.values():
        findings += check(process, files, forms)
    return (None if any(one.severity == "error" for one in findings) else bundle), findings


def bundle_of(uow: UnitOfWork, digest: str) -> Bundle:
    """The stored bundle with this hash, from this process's memory if it has it.

    Raises:
        NotFound: there is none.
        DiagramError: it was stored by an older version of the program, and this one refuses it.
    """
    with _lock:
        if digest in _cache:
            _cache.move_to_end(digest)
            return _cache[digest]
    files = bundles.read_files(uow.conn, digest)
    if not files:
        raise NotFound(Message("There is no bundle %(hash)s.", hash=digest[:12]))
    bundle, findings = parse_bundle(files)
    if bundle is None:
        raise DiagramError(findings)
    keep(bundle)
    return bundle


def keep(bundle: Bundle) -> None:
    """Hold a bundle in this process's memory; the least used leave first."""
    with _lock:
        _cache[bundle.hash] = bundle
        _cache.move_to_end(bundle.hash)
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)


def _check_size(files: Mapping[str, bytes]) -> list[Finding]:
    size = sum(len(content) for content in files.values())
    if len(files) > MAX_FILES or size > MAX_BYTES:
        said = f"The bundle has {len(files)} files and {size} bytes."
        remedy = f"Keep it under {MAX_FILES} files and {MAX_BYTES} bytes."
        return [Finding("", None, None, "bundle-size", said, remedy, "error")]
    if not any(path.endswith(".bpmn") for path in files):
        return [
            Finding(
                "", None, None, "bundle-empty", "There is no diagram in it.", "Add a .bpmn file.", "error"
            )
        ]
    return []
