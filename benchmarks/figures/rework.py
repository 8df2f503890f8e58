"""Whether a step of a case that went round fifty times costs what it did in its first round."""

from __future__ import annotations

from benchmarks.figures.steps import completed
from benchmarks.lives.office import Office
from benchmarks.measuring.spent import Spent


def flat_rework(office: Office, cases: int, rounds: int = 50) -> float:
    """Processor time of a step in the last of some rounds, over that in the first."""
    numbered = [(office.open(), office.opened) for _ in range(cases)]
    for case_id, n in numbered:
        office.play(case_id, office.life.steps(n)[: office.life.first])
    spent = [Spent() for _ in range(rounds)]
    for round_ in spent:
        for step in range(len(office.life.again(0))):
            completed(office, [(case_id, office.life.again(n)[step]) for case_id, n in numbered], round_)
    return spent[-1].cpu_ms / spent[0].cpu_ms
