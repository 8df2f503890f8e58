"""Generated days of a city of 15 by 15 km: half of the cases and crews around a dozen busy places, six skills, two to a crew."""

from __future__ import annotations

from random import Random

from handlers.crews.planning.day import Crew, Day, Visit, Weights

SIDE = 15_000.0
SKILLS = "abcdef"
#: Metres a minute in a straight line: 20 km/h.
SPEED = 333.0
PRIORITIES = (1.0, 2.0, 4.0)
#: Minutes until a case is due, and minutes of work on the spot.
LIMIT = (60.0, 480.0)
WORK = (15.0, 60.0)
#: Shifts end so late that no rule has to leave a case: what comes too late is late.
SHIFT = 1e5


class City:
    """Draws the places, cases and crews of one generated day."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._busy = [(self._anywhere(), self._anywhere()) for _ in range(12)]

    def visit(self, number: int, reported: float) -> Visit:
        """A case reported at some minute."""
        chance = self._chance
        east, north = self._place()
        return Visit(
            number,
            east,
            north,
            chance.choice(SKILLS),
            chance.choice(PRIORITIES),
            reported + chance.uniform(*LIMIT),
            chance.uniform(*WORK),
            reported=reported,
        )

    def crews(self, count: int) -> tuple[Crew, ...]:
        """Crews where they stand in the morning; each skill is the first one of as many."""
        return tuple(self._crew(number) for number in range(count))

    def minutes(self, count: int, within: float) -> list[float]:
        """As many minutes of a day, in order."""
        return sorted(self._chance.uniform(0.0, within) for _ in range(count))

    def _crew(self, number: int) -> Crew:
        east, north = self._place()
        first = SKILLS[number % len(SKILLS)]
        second = self._chance.choice(SKILLS)
        return Crew(number, east, north, frozenset({first, second}), 0.0, SHIFT, SPEED)

    def _place(self) -> tuple[float, float]:
        if self._chance.random() < 0.5:
            return self._anywhere(), self._anywhere()
        east, north = self._chance.choice(self._busy)
        return self._inside(self._chance.gauss(east, 800.0)), self._inside(self._chance.gauss(north, 800.0))

    def _anywhere(self) -> float:
        return self._chance.uniform(0.0, SIDE)

    @staticmethod
    def _inside(place: float) -> float:
        return min(max(place, 0.0), SIDE)


def whole_day(visits: int, crews: int, seed: int) -> Day:
    """A day of which everything is known in the morning, measured by travel and lateness alone."""
    city = City(seed)
    made = tuple(city.visit(number, 0.0) for number in range(visits))
    return Day(made, city.crews(crews), Weights())
