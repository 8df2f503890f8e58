"""Moves: cases under way go over to another version of their process, tried out first, logged, and undone on demand.

A case goes over only where that is safe (`engine.bpmn.versions` has the rule). Its clocks, due dates and background tasks go on;
a work item that waits follows what its step says in the other version, but for its due date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.actors import SYSTEM, Actor, require_role, unit_tree
from engine.bpmn import DiagramError, Instance, MoveRefused, Obstacle, RunError
from engine.bundles import Bundle, bundle_of
from engine.errors import Conflict, GridcaseError, NotFound
from engine.execution import Execution
from engine.following import Followed, follow, stage_before, take_back
from engine.housekeeping import chore
from engine.messages import Message
from engine.program_log import scope
from engine.reasons import check_reason
from engine.settings import Settings
from engine.store import bundles, instances, moves
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

#: Who may move cases, at the platforms where they hold one of these roles and below.
ROLES = ("designer", "admin")

#: So many cases are looked up at once; each is moved in a transaction of its own.
PORTION = 500


@dataclass(frozen=True)
class Wanted:
    """Which cases are to go over to which version.

    Attributes:
        process_key, to: the version.
        only_from: those on this version; None for those on any other.
        numbers: those with these numbers; empty for all.
    """

    process_key: str
    to: int
    only_from: int | None = None
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether a case can go over, or did.

    Attributes:
        before, after: the numbers of the versions.
        reasons: why not; empty if it can.
    """

    case_id: int
    number: str
    before: int
    after: int
    reasons: tuple[str, ...] = ()


def check(uow: UnitOfWork, case_id: int, to: int, actor: Actor) -> Verdict:
    """Try out whether a case could go over to a version; nothing is changed.

    Raises:
        Forbidden: the actor holds none of the roles.
        NotFound: there is no such case at their platforms, or no such version of its process.
    """
    row = _running(uow, case_id, actor, lock=False)
    return _tried(uow, row, _version(uow, row["process_key"], to))[0]


def move(uow: UnitOfWork, case_id: int, to: int, actor: Actor, reason: str) -> Verdict:
    """Let a case go over to a version if that is safe; if not the verdict says why, and nothing was changed.

    Raises:
        Forbidden, NotFound: as `check`.
        Invalid: there is no reason, or it is too long.
        Conflict: somebody else moved the case on a moment ago.
    """
    check_reason(reason)
    row = _running(uow, case_id, actor, lock=True)
    version = _version(uow, row["process_key"], to)
    verdict, execution, followed = _tried(uow, row, version, actor)
    if verdict.reasons or execution is None:
        return verdict
    said = {"process": row["process_key"], "from": verdict.before, "to": to, "reason": reason}
    execution.case.record("moved", None, said)
    execution.write()
    kept = {
        "instance_id": row["instance_id"],
        "from_version_id": row["process_version_id"],
        "instance_version": row["instance_version"] + 1,
        "state": bytes(row["state"]),
        "items": follow(uow, followed),
        "moved_at": uow.now,
    }
    moves.keep(uow.conn, kept)
    return verdict


def undo(uow: UnitOfWork, case_id: int, actor: Actor, reason: str) -> Verdict:
    """Put a case back on the version it was moved from, as it was there.

    Raises:
        Forbidden, NotFound, Invalid: as `move`.
        Conflict: it was not moved, or a step was taken since.
    """
    check_reason(reason)
    row = _running(uow, case_id, actor, lock=True)
    kept = moves.read(uow.conn, row["instance_id"])
    if kept is None or kept["instance_version"] != row["instance_version"]:
        raise Conflict(Message("This case was not moved, or went on since: the move cannot be undone."))
    before = bundles.read_version(uow.conn, kept["from_version_id"])
    assert before is not None, "no version is ever deleted"
    execution = Execution.of(uow, row, actor)
    bundle = bundle_of(uow, before["bundle_hash"])
    execution.go_over(bundle, Instance.restore(bundle.definitions, bytes(kept["state"])), before["id"])
    verdict = Verdict(row["id"], row["number"], row["process_number"], before["version"])
    said = {"process": row["process_key"], "from": verdict.before, "to": verdict.after, "reason": reason}
    execution.case.record("move_undone", None, said)
    stage_before(uow, execution.case, kept["items"])
    execution.write()
    take_back(uow, kept["items"])
    moves.forget(uow.conn, row["instance_id"])
    return verdict


def check_all(database: Database, wanted: Wanted, actor: Actor) -> Iterator[Verdict]:
    """Try out each of the cases that are wanted; nothing is changed.

    Raises:
        Forbidden, NotFound: as `check`, before the first verdict.
    """
    return _each(database, wanted, actor, lambda uow, case_id: check(uow, case_id, wanted.to, actor))


def move_all(database: Database, wanted: Wanted, actor: Actor, reason: str) -> Iterator[Verdict]:
    """Let each of the cases that are wanted go over if that is safe, each in a transaction of its own.

    Raises:
        Forbidden, NotFound, Invalid: as `move`, before the first verdict.
    """
    check_reason(reason)
    return _each(database, wanted, actor, lambda uow, case_id: move(uow, case_id, wanted.to, actor, reason))


def undo_all(database: Database, wanted: Wanted, actor: Actor, reason: str) -> Iterator[Verdict]:
    """Put each case back that was moved to the version and has taken no step since, each in a transaction of its own.

    Raises:
        Forbidden, NotFound, Invalid: as `undo`, before the first verdict.
    """
    check_reason(reason)
    return _each(database, wanted, actor, lambda uow, case_id: undo(uow, case_id, actor, reason), back=True)


def _each(
    database: Database,
    wanted: Wanted,
    actor: Actor,
    act: Callable[[UnitOfWork, int], Verdict],
    *,
    back: bool = False,
) -> Iterator[Verdict]:
    for row in _wanted(database, wanted, actor, back=back):
        try:
            with scope(), database.unit_of_work() as uow:
                verdict = act(uow, row["case_id"])
        except (GridcaseError, DiagramError) as error:
            # Of one case: the others have their turn.
            verdict = _refused(row, wanted.to, error)
        yield verdict


def _refused(row: Mapping[str, Any], to: int, error: Exception) -> Verdict:
    return Verdict(row["case_id"], row["number"], row["version"], to, (str(error),))


def _wanted(database: Database, wanted: Wanted, actor: Actor, *, back: bool) -> Iterator[Mapping[str, Any]]:
    """The cases that are wanted, a portion at a time."""
    found: list[Mapping[str, Any]] = []
    after = 0
    while after == 0 or len(found) == PORTION:
        with database.unit_of_work() as uow:
            _version(uow, wanted.process_key, wanted.to)
            named: dict[str, Any] = {"to": wanted.to, "numbers": wanted.numbers, "after": after}
            named |= {"platforms": _platforms(uow, actor), "limit": PORTION}
            if back:
                found = list(moves.undoable(uow.conn, wanted.process_key, **named))
            else:
                found = list(
                    moves.candidates(uow.conn, wanted.process_key, only_from=wanted.only_from, **named)
                )
        yield from found
        after = found[-1]["instance_id"] if found else -1


def _platforms(uow: UnitOfWork, actor: Actor) -> list[int] | None:
    """None for the program itself, which may move every case."""
    if actor is SYSTEM:
        return None
    require_role(actor, *ROLES)
    tree = unit_tree(uow)
    held = (tree.below(unit_id) for role, unit_id in actor.grants if role in ROLES)
    return sorted(frozenset().union(*held))


def _running(uow: UnitOfWork, case_id: int, actor: Actor, *, lock: bool) -> Mapping[str, Any]:
    platforms = _platforms(uow, actor)
    row = instances.of_case(uow.conn, case_id, lock=lock)
    if row is None or (platforms is not None and row["platform_id"] not in platforms):
        raise NotFound(Message("There is no case %(id)s that you may see.", id=case_id))
    return row


def _version(uow: UnitOfWork, process_key: str, number: int) -> Mapping[str, Any]:
    found = bundles.numbered(uow.conn, process_key, number)
    if found is None:
        raise NotFound(
            Message("There is no version %(n)s of the process %(key)s.", n=number, key=process_key)
        )
    return found


def _tried(
    uow: UnitOfWork, row: Mapping[str, Any], version: Mapping[str, Any], actor: Actor = SYSTEM
) -> tuple[Verdict, Execution | None, list[Followed]]:
    """The verdict; if the case can go over its execution there, which nobody has written yet, and what follows."""
    to = version["version"]

    def verdict(*reasons: str) -> Verdict:
        return Verdict(row["id"], row["number"], row["process_number"], to, reasons)

    if row["instance_status"] != "running":
        return verdict(Message("The case has ended.")), None, []
    if row["process_number"] == to:
        return verdict(Message("The case is on this version already.")), None, []
    execution = Execution.of(uow, row, actor)
    before = execution.bundle
    bundle = bundle_of(uow, version["bundle_hash"])
    tokens = {token.task_id: token for token in execution.instance.user_tasks()}
    try:
        execution.go_over(bundle, execution.instance.moved_to(bundle.definitions), version["id"])
        followed = Followed.of(execution, before, tokens)
    except MoveRefused as refused:
        return verdict(*(_reason(one, before, row["process_key"]) for one in refused.obstacles)), None, []
    except RunError as error:
        return verdict(error.message), None, []
    return verdict(), execution, followed


_REASONS: Mapping[str, Message] = {
    "process": Message("The version has no process %(element)s."),
    "gone": Message("%(element)s was passed or is under way, and the version does not have it."),
    "differs": Message(
        "%(element)s was passed or is under way, and the version changes it or where it leads."
    ),
    "waits_gone": Message("The case waits at %(element)s, and the version does not have it."),
    "waits_differs": Message(
        "The case waits at %(element)s, and the version makes another kind of element of it."
    ),
}


def _reason(obstacle: Obstacle, bundle: Bundle, process_key: str) -> Message:
    element = bundle.elements(process_key).get(obstacle.element_id)
    called = f"{element.name} ({element.id})" if element and element.name else obstacle.element_id
    return Message(_REASONS[obstacle.problem].template, element=called)


@chore("moves that cannot be undone any more")
def clear_overtaken(database: Database, _settings: Settings) -> int:
    """Forget what cases were before moves after which they went on."""
    with database.unit_of_work() as uow:
        return moves.forget_overtaken(uow.conn)
