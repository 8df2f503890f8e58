"""Cases as they are looked at: one with all that its page shows, or many that a person may see."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.actors import Actor, may_see, scope, unit_tree
from engine.bpmn import Instance
from engine.bundles import Bundle, bundle_of
from engine.errors import NotFound
from engine.messages import Message
from engine.store import attachments, bundles, cases, instances, log_entries, reports, work_items
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Part:
    """A process in which a case is or was: its own, or one that this calls.

    Attributes:
        current: ids of the elements of its diagram at which the case waits now; of a call activity where it waits within.
    """

    key: str
    name: str
    name_en: str
    current: Sequence[str]


@dataclass(frozen=True)
class CaseView:
    """Everything that the page of a case shows.

    Attributes:
        document: the case document, with its process (``process_key``, ``process_number``, ``bundle_hash``).
        items: open work items.
        log: entries in order.
        attachments: photographs.
        reports: the first one first, with the names and telephone numbers of those who made them; none for an actor who is not
            to know them.
        visited: element id → how often and when last it was passed.
        current: ids of the elements at which the case waits now.
        parts: the processes in which it is or was, its own one first, each before those that it calls.
        part: the key of the one in which it is now, or was at its end: the innermost.
    """

    document: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]
    log: Sequence[Mapping[str, Any]]
    attachments: Sequence[Mapping[str, Any]]
    reports: Sequence[Mapping[str, Any]]
    visited: Mapping[str, tuple[int, str]]
    current: Sequence[str]
    parts: Sequence[Part]
    part: str


def visible_case(uow: UnitOfWork, case_id: int, actor: Actor) -> Mapping[str, Any]:
    """The case document, if the actor may see it.

    Raises:
        NotFound: there is none, or none that they may see.
    """
    row = cases.read(uow.conn, case_id)
    if row is None or not may_see(uow, actor, row):
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    return row


def view(uow: UnitOfWork, case_id: int, actor: Actor) -> CaseView:
    """A case with its work items, log, photographs and live position.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    row = instances.of_case(uow.conn, case_id)
    if row is None or not may_see(uow, actor, row):
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    bundle = bundle_of(uow, row["bundle_hash"])
    instance = Instance.restore(bundle.definitions, bytes(row["state"]))
    visited = {one: (visit.count, visit.last.isoformat()) for one, visit in instance.visited.items()}
    waiting = [token.element_id for token in (*instance.user_tasks(), *instance.pending_services())]
    parts = _parts(bundle, row["process_key"], {*visited, *waiting}, waiting)
    return CaseView(
        document=row,
        items=work_items.open_of_case(uow.conn, case_id),
        log=log_entries.of_case(uow.conn, case_id),
        attachments=attachments.of_case(uow.conn, case_id),
        reports=reports.of_case(uow.conn, case_id) if _knows_reporters(uow, actor, row) else (),
        visited=visited,
        current=waiting,
        parts=parts,
        part=_innermost(bundle, parts, waiting),
    )


def _parts(
    bundle: Bundle, key: str, been: Container[str], waiting: Sequence[str], outer: Sequence[str] = ()
) -> list[Part]:
    """The process of a case and those that it calls, where the case has been; of one that calls itself one."""
    outer = [*outer, key]
    process = bundle.process(key)
    found: list[Part] = []
    current = [one for one in waiting if one in process.elements]
    for element_id, called in process.calls.items():
        other = bundle.definitions.processes.get(called)
        if other is None or called in outer or not any(one in been for one in other.elements):
            continue
        within = _parts(bundle, called, been, waiting, outer)
        if any(part.current for part in within):
            current.append(element_id)
        found += [part for part in within if part.key not in {one.key for one in found}]
    return [Part(key, process.name, process.name_en, current), *found]


def _innermost(bundle: Bundle, parts: Sequence[Part], waiting: Sequence[str]) -> str:
    waits = [part for part in parts if any(one in bundle.process(part.key).elements for one in waiting)]
    return (waits or parts)[-1].key


def _knows_reporters(uow: UnitOfWork, actor: Actor, case: Mapping[str, Any]) -> bool:
    """Whether an actor may know who reported a case: at its platform, not where somebody is only sent to do something."""
    return case["platform_id"] in scope(uow, actor).unit_ids


@dataclass(frozen=True)
class Following:
    """What a reporter follows.

    Attributes:
        case: the document of the case to which the report belongs now, with the report's ``reported_at``.
        before: that of the case to which it belonged before, where that one was merged into the case.
        log: entries of both, in the order in which they were written.
    """

    case: Mapping[str, Any]
    before: Mapping[str, Any] | None
    log: Sequence[Mapping[str, Any]]


def follow(uow: UnitOfWork, secret: str) -> Following:
    """The case of a report, for the one who made it: of a merged case, that which goes on in its place.

    Raises:
        NotFound: no report has this secret.
    """
    row = reports.followed(uow.conn, hashlib.sha256(secret.encode()).digest())
    if row is None:
        raise NotFound(Message("There is no report with this link."))
    entries = log_entries.of_case(uow.conn, row["id"])
    before = cases.read(uow.conn, row["from_case_id"]) if row["from_case_id"] is not None else None
    if before is not None:
        entries += log_entries.of_case(uow.conn, before["id"])
    return Following(row, before, sorted(entries, key=lambda one: one["position"]))


def search(uow: UnitOfWork, actor: Actor, **wanted: Any) -> list[Mapping[str, Any]]:
    """Cases that an actor may see by their roles, newest first (see `engine.store.cases.search`)."""
    units = sorted(scope(uow, actor).unit_ids)
    return list(cases.search(uow.conn, cases.visible(units, units), **wanted))


def diagram_of(uow: UnitOfWork, case_id: int, actor: Actor, process: str = "") -> str:
    """The BPMN XML of the version on which a case runs.

    Args:
        process: another process of the same bundle, which that of the case calls.

    Raises:
        NotFound: there is no such case that the actor may see, or no such process.
    """
    row = instances.of_case(uow.conn, case_id)
    if row is None or not may_see(uow, actor, row):
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    bundle = bundle_of(uow, row["bundle_hash"])
    if process and process not in bundle.definitions.processes:
        raise NotFound(Message("The version has no process %(element)s.", element=process))
    path = bundle.process(process or row["process_key"]).file
    return bundles.read_files(uow.conn, bundle.hash)[path].decode()


def platform_name(uow: UnitOfWork, unit_id: int, language: str) -> str:
    """The name of a unit."""
    return unit_tree(uow)[unit_id].name(language)
