"""What a case waits for, by a simple model: tokens that walk through named blocks, without any BPMN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Then = Callable[[], None]


@dataclass(eq=False)
class Wait:
    """Something that a case waits for.

    Attributes:
        kind: ``person``, ``effect``, ``time`` or ``action``.
        part: the guarded parts in which it is, outermost first.
        choose: what happens when it comes, given the decision of a person.
        due: of a time.
        assignee: of a person's step.
        stopped: of an effect: whether an incident is open.
    """

    kind: str
    name: str
    part: tuple[object, ...]
    choose: Callable[[bool], None]
    due: datetime | None = None
    assignee: int | None = None
    stopped: bool = False


@dataclass
class Level:
    """A process or a part of one: over when all its tokens are at their end."""

    then: Then
    tokens: int = 1

    def token_ends(self) -> None:
        """One token is at its end."""
        self.tokens -= 1
        if not self.tokens:
            self.then()


@dataclass
class Case:
    """A case of a process with one block in it."""

    now: datetime
    waits: list[Wait] = field(default_factory=list)
    closed: bool = False

    def begin(self, block: Any) -> None:
        """Walk until the case waits."""
        level = Level(self._close)
        self._enter(block, level, (), level.token_ends)

    def come(self, wait: Wait, now: datetime, *, yes: bool = False) -> None:
        """What is waited for comes."""
        self.now = now
        self.waits.remove(wait)
        wait.choose(yes)

    def of(self, kind: str) -> list[Wait]:
        """What it waits for of a kind."""
        return [wait for wait in self.waits if wait.kind == kind]

    def _close(self) -> None:
        self.closed = True

    def _wait(self, kind: str, name: str, part: tuple[object, ...], choose: Callable[[bool], None]) -> Wait:
        wait = Wait(kind, name, part, choose)
        self.waits.append(wait)
        return wait

    def _enter(self, block: Any, level: Level, part: tuple[object, ...], then: Then) -> None:
        kind, *rest = block
        getattr(self, f"_{kind}")(level, part, then, *rest)

    def _person(self, level: Level, part: tuple[object, ...], then: Then, name: str) -> None:
        self._wait("person", name, part, lambda _: then())

    def _effect(self, level: Level, part: tuple[object, ...], then: Then, name: str) -> None:
        self._wait("effect", name, part, lambda _: then())

    def _pause(self, level: Level, part: tuple[object, ...], then: Then, name: str, minutes: int) -> None:
        self._wait("time", name, part, lambda _: then()).due = self.now + timedelta(minutes=minutes)

    def _sequence(self, level: Level, part: tuple[object, ...], then: Then, blocks: list[Any]) -> None:
        if not blocks:
            then()
            return
        self._enter(blocks[0], level, part, lambda: self._sequence(level, part, then, blocks[1:]))

    def _parallel(self, level: Level, part: tuple[object, ...], then: Then, blocks: list[Any]) -> None:
        join = Level(then, len(blocks))
        for block in blocks:
            self._enter(block, level, part, join.token_ends)

    def _decide(
        self, level: Level, part: tuple[object, ...], then: Then, name: str, yes: Any, no: Any
    ) -> None:
        self._wait("person", name, part, lambda said: self._enter(yes if said else no, level, part, then))

    def _again(self, level: Level, part: tuple[object, ...], then: Then, name: str, block: Any) -> None:
        def enter() -> None:
            self._enter(block, level, part, ask)

        def ask() -> None:
            self._wait("person", name, part, lambda said: enter() if said else then())

        enter()

    def _guarded(
        self,
        level: Level,
        part: tuple[object, ...],
        then: Then,
        name: str,
        minutes: int | None,
        interrupting: bool,
        block: Any,
        handler: Any,
    ) -> None:
        inside = object()

        def over() -> None:
            if guard in self.waits:
                self.waits.remove(guard)
            then()

        def guarded(_: bool) -> None:
            if interrupting:
                self.waits[:] = [wait for wait in self.waits if inside not in wait.part]
                self._enter(handler, level, part, then)
            else:
                if minutes is None:
                    # An action at the border that interrupts nothing may be taken again.
                    self.waits.append(guard)
                level.tokens += 1
                self._enter(handler, level, part, level.token_ends)

        guard = self._wait("action" if minutes is None else "time", name, part, guarded)
        if minutes is not None:
            guard.due = self.now + timedelta(minutes=minutes)
        inner = Level(over)
        self._enter(block, inner, (*part, inside), inner.token_ends)
