"""What becomes of a case of the demonstration: which turns it takes, and what people fill in at each step."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.demo import problems
from handlers.demo.problems import Problem

#: The steps of the process at which cases come to a halt, in turn: most of them while they are handled.
WAITING_STEPS = ("handle", "accept", "dispatch", "handle", "verify", "file", "handle", "check", "close")

#: How many cases in a hundred take each turn; the others go straight to their end.
TURNS = {
    "verify": 13,
    "reject": 7,
    "void": 4,
    "send_back": 3,
    "not_ours": 2,
    "wrong_unit": 5,
    "rework": 9,
    "not_enough": 2,
}

Values = dict[str, Any]


@dataclass
class Plan:
    """The life that a case is going to have.

    Attributes:
        problem: what is wrong.
        misjudged_as: the problem whose category the report names instead; the acceptor corrects it.
        turns: by step, what is filled in there at its next visits instead of the ordinary answer.
        void_at: the step at which somebody declares it void.
        halt_at: the step at which nobody goes on with it.
        slow: how much longer than usual the unit takes.
    """

    problem: Problem
    misjudged_as: Problem | None = None
    turns: dict[str, list[Values]] = field(default_factory=dict)
    void_at: str | None = None
    halt_at: str | None = None
    slow: float = 1.0

    def next_turn(self, step: str) -> Values | None:
        """What is filled in at this visit of a step, None for the ordinary answer."""
        waiting = self.turns.get(step)
        return waiting.pop(0) if waiting else None


def make_plan(chance: random.Random, problem: Problem, others: Sequence[Problem]) -> Plan:
    """Draw what becomes of a case; `others` are the problems that it may be mistaken for."""
    drawn = {name for name, share in TURNS.items() if chance.random() * 100 < share}
    turns: dict[str, list[Values]] = {}
    if "verify" in drawn:
        turns["accept"] = [{"decision": "verify"}]
    if "reject" in drawn:
        turns.setdefault("accept", []).append(_with_reason(chance, "reject", problems.REJECTED))
    if "send_back" in drawn:
        turns["file"] = [_with_reason(chance, "send_back", problems.NOT_FILED)]
    if "not_ours" in drawn:
        turns["dispatch"] = [_with_reason(chance, "not_ours", problems.NOT_OURS)]
    if "wrong_unit" in drawn:
        turns["handle"] = [_with_reason(chance, "wrong_unit", problems.WRONG_UNIT)]
    if "rework" in drawn:
        turns["check"] = [_with_reason(chance, "failed", problems.FAILED)]
    if "not_enough" in drawn:
        turns["close"] = [_with_reason(chance, "not_enough", problems.NOT_ENOUGH)]
    return Plan(
        problem=problem,
        misjudged_as=chance.choice(others) if chance.random() < 0.05 else None,
        turns=turns,
        void_at=chance.choice(("accept", "file", "handle")) if "void" in drawn else None,
        slow=chance.uniform(1.5, 4.0) if chance.random() < 0.12 else 1.0,
    )


def halt(chance: random.Random, plan: Plan, step: str) -> None:
    """Let a case come to a halt at a step, and take the turns that lead there."""
    plan.halt_at, plan.void_at, plan.slow = step, None, 0.2
    plan.turns = {}
    if step == "verify":
        plan.turns["accept"] = [{"decision": "verify"}]
    elif step == "dispatch":
        plan.turns["handle"] = [_with_reason(chance, "wrong_unit", problems.WRONG_UNIT)]


def ordinary(chance: random.Random, plan: Plan, step: str) -> Values | None:
    """What people usually fill in at a step; None at a step that this file does not know.

    A dispatcher's answer lacks the unit, which depends on the place.
    """
    problem = plan.problem
    answers: dict[str, Values] = {
        "accept": {"decision": "accept", "condition_no": problem.condition_no},
        "verify": {"result": "confirmed", "note": chance.choice(problems.CONFIRMED)},
        "file": {"decision": "file"},
        "dispatch": {"decision": "assign"},
        "handle": {"decision": "done", "note": problem.done},
        "check": {"decision": "passed", "note": chance.choice(problems.PASSED)},
        "close": {"decision": "close"},
    }
    if plan.misjudged_as is not None:
        answers["accept"] |= {"kind": problem.kind, "category": problem.category}
    return answers.get(step)


def _with_reason(chance: random.Random, decision: str, reasons: tuple[str, ...]) -> Values:
    return {"decision": decision, "reason": chance.choice(reasons)}
