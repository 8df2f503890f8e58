"""Whether a step costs the same beside a million cases, and what the inbox costs then."""

from __future__ import annotations

from benchmarks.figures import crowd, inbox, steps
from benchmarks.lives.office import Office
from benchmarks.measuring.line import say
from benchmarks.measuring.spent import Spent

#: Cases that one server has before it is the other's turn.
TURN = 20


def figures(
    office: Office, empty: Office, stored: int, open_: int, cases: int, pages: int
) -> dict[str, float]:
    """A step beside many cases over a step beside none, and the inbox beside many.

    Args:
        empty: an office on a server of its own, that has no other cases.
        stored: finished cases to make.
        open_: open cases to make, offered to all people of the town in turn.
        cases: whose steps are measured, on either server.
    """
    finished = office.open()
    office.play(finished, office.life.steps(office.opened))
    say(f"{office.life.name}: {stored + open_} cases are made")
    crowd.copy(office, finished, stored)
    crowd.copy(office, office.open(), open_, offered=True)
    crowd.settle(office)
    say(f"{office.life.name}: steps beside them")
    among, alone = (Spent(), Spent()), (Spent(), Spent())
    for one in (office, empty):
        steps.lives(one, TURN)
    # By turns: what else the machine does falls on both alike.
    for _ in range(0, cases, TURN):
        steps.lives(empty, TURN, into=alone)
        steps.lives(office, TURN, into=among)
    return {
        "stored_cases": stored,
        "open_cases": open_,
        "flat_cases": among[1].cpu_ms / alone[1].cpu_ms,
        "flat_cases_start": among[0].cpu_ms / alone[0].cpu_ms,
        "crowded_complete_p95_wall_ms": among[1].p95_ms,
        **inbox.figures(office, pages),
    }
