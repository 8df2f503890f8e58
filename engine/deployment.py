"""Deployment: a bundle becomes the next version of its processes, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.actors import Actor, roles
from engine.bpmn import DiagramError, Finding, ProcessInfo
from engine.bundles import keep, parse_bundle
from engine.conventions import check_roles
from engine.errors import Invalid
from engine.messages import Message
from engine.store import bundles, start_messages
from engine.store.unit_of_work import UnitOfWork

#: Files of a bundle's folder that are deployed; scenarios and read-me files stay behind.
PATTERNS = ("*.bpmn", "*.dmn", "forms/*.json")


@dataclass(frozen=True)
class Deployed:
    """A process in the version that new cases take from now on."""

    process_key: str
    version: int
    changed: bool
    warnings: tuple[Finding, ...]


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a bundle from a folder, by path relative to it.

    Raises:
        Invalid: there is no such folder, or no diagram in it.
    """
    if not folder.is_dir():
        raise Invalid(Message("%(path)s is not a folder: name the folder of a bundle.", path=str(folder)))
    found = [path for pattern in PATTERNS for path in sorted(folder.glob(pattern)) if path.is_file()]
    if not any(path.suffix == ".bpmn" for path in found):
        raise Invalid(Message("%(path)s has no .bpmn file in it.", path=str(folder)))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def deploy(uow: UnitOfWork, files: Mapping[str, bytes], actor: Actor) -> list[Deployed]:
    """Store a bundle and make it the next version of each process in it.

    Cases under way stay on their versions, until they are moved (`engine.moves`). Files that are already the newest version change nothing.

    Raises:
        DiagramError: with every finding; nothing was stored.
    """
    bundle, findings = parse_bundle(files)
    if bundle is None:
        raise DiagramError(findings)
    # From here on, what is checked stays as it is until it is stored.
    bundles.lock_deployment(uow.conn)
    known = roles(uow)
    processes = bundle.definitions.processes
    begun: dict[str, str] = {}
    for process in processes.values():
        findings += check_roles(process, files, known)
        findings += _check_starts(uow, process, begun, processes)
    if any(finding.severity == "error" for finding in findings):
        raise DiagramError(findings)
    warnings = tuple(findings)
    bundles.store(uow.conn, bundle.hash, files, uow.now)
    start_messages.replace(uow.conn, {key: process.start_messages for key, process in processes.items()})
    deployed = []
    for key, process in sorted(processes.items()):
        newest = bundles.latest(uow.conn, key)
        if newest is not None and newest["bundle_hash"] == bundle.hash:
            deployed.append(Deployed(key, newest["version"], False, warnings))
            continue
        _, number = bundles.next_version(uow.conn, key, bundle.hash, process.name, uow.now, actor.person_id)
        deployed.append(Deployed(key, number, True, warnings))
    keep(bundle)
    return deployed


def _check_starts(
    uow: UnitOfWork, process: ProcessInfo, begun: dict[str, str], processes: Mapping[str, ProcessInfo]
) -> list[Finding]:
    """A message begins one process only; `begun` is what those of the bundle before this one begin with."""
    found = []
    for name in process.start_messages:
        other = begun.setdefault(name, process.id)
        stored = start_messages.process_of(uow.conn, name)
        # One of the same bundle may have handed it on.
        if other == process.id and stored is not None and stored not in processes:
            other = stored
        if other != process.id:
            said = f"The message {name!r} begins the process {other!r} already."
            remedy = "Give the message another name, or begin both from one process."
            found.append(Finding(process.file, None, process.id, "start-message", said, remedy, "error"))
    return found
