"""VROOM, where it is installed (the package `pyvroom`): a well-kept solver for the same days."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from handlers.crews.planning.day import Day, Plan, Visit
from handlers.crews.planning.insertion import insertions

#: VROOM counts whole seconds.
_SECONDS = 60.0


def is_installed() -> bool:
    """Whether VROOM is there to compare with."""
    return find_spec("vroom") is not None


class Vroom:
    """Plans a day by VROOM, cases in their time windows; what does not fit in time is inserted where it costs least.

    Args:
        level: how thoroughly it explores, 0 to 5.
    """

    def __init__(self, level: int) -> None:
        self._level = level

    def plan(self, day: Day) -> Plan:
        """See `Planner.plan`."""
        import vroom

        problem = vroom.Input()
        problem.set_durations_matrix(profile="car", matrix_input=_seconds(day))
        skills = {skill: number for number, skill in enumerate(sorted({one.skill for one in day.visits}))}
        first_crew = len(day.visits)
        for number, crew in enumerate(day.crews):
            able = {skills[one] for one in crew.skills if one in skills}
            window = vroom.TimeWindow(round(crew.start * _SECONDS), round(crew.end * _SECONDS))
            problem.add_vehicle(
                vroom.Vehicle(number, start=first_crew + number, skills=able, time_window=window)
            )
        for number, visit in enumerate(day.visits):
            last = max(visit.ready, visit.due - visit.minutes)
            problem.add_job(
                vroom.Job(
                    number,
                    location=number,
                    default_service=round(visit.minutes * _SECONDS),
                    skills={skills[visit.skill]},
                    priority=round(10 * visit.priority),
                    time_windows=[vroom.TimeWindow(round(visit.ready * _SECONDS), round(last * _SECONDS))],
                )
            )
        return self._whole(day, problem.solve(exploration_level=self._level, nb_threads=1))

    def _whole(self, day: Day, solution: object) -> Plan:
        table = solution.routes  # type: ignore[attr-defined]
        routes: dict[int, list[Visit]] = {crew.id: [] for crew in day.crews}
        done = set()
        for row in table[table["type"] == "job"].itertuples():
            routes[day.crews[row.vehicle_id].id].append(day.visits[row.id])
            done.add(row.id)
        late = [visit for number, visit in enumerate(day.visits) if number not in done]
        for visit in sorted(late, key=lambda one: (one.due, one.id)):
            best = insertions(day.crews, routes, replace(visit), day.weights)[0]
            routes[best.crew.id].insert(best.gap, visit)
        return Plan({crew: tuple(one.id for one in route) for crew, route in routes.items()}, ())


def _seconds(day: Day) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    speed = day.crews[0].speed
    east = np.array([*(one.east for one in day.visits), *(one.east for one in day.crews)])
    north = np.array([*(one.north for one in day.visits), *(one.north for one in day.crews)])
    metres = np.hypot(east[:, None] - east[None, :], north[:, None] - north[None, :])
    seconds: np.ndarray[tuple[int, ...], np.dtype[np.uint32]] = np.round(metres / speed * _SECONDS).astype(
        np.uint32
    )
    return seconds
