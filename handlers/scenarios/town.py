"""The town in which scenarios play: units, people, areas and places of the folder, the catalogue and calendar of the city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shapely import box

import processes
from engine.actors import Actor, roles, unit_tree
from engine.commands.calendar import import_holidays, import_hours
from engine.errors import Invalid
from engine.messages import Message
from engine.organisation import import_roles, import_units
from engine.store import people
from engine.store.unit_of_work import UnitOfWork
from engine.store.units import Unit, UnitTree
from engine.tables import Column, bad_rows, one_of, read_table
from gis.areas import Area, Layers
from gis.codes import KINDS
from handlers.catalogue import import_catalogue
from handlers.layers import store_layers

#: What the program brings along: roles, catalogue, working hours and holidays.
BROUGHT_ALONG = Path(processes.__path__[0])

PEOPLE_COLUMNS = (Column("name"), Column("role"), Column("unit_code"))
AREA_COLUMNS = (
    Column("kind", one_of(*KINDS)),
    Column("code"),
    Column("name_zh"),
    Column("west", float),
    Column("south", float),
    Column("east", float),
    Column("north", float),
)
PLACE_COLUMNS = (Column("name"), Column("lon", float), Column("lat", float))


@dataclass(frozen=True)
class Town:
    """What a scenario may name.

    Attributes:
        actors: one person for each (role, unit id).
        places: longitude and latitude by name.
        roles: name by code.
    """

    actors: Mapping[tuple[str, int], Actor]
    places: Mapping[str, tuple[float, float]]
    roles: Mapping[str, str]
    units: UnitTree

    def role(self, named: str) -> str | None:
        """The code of a role that is named by its code or its name."""
        return next((code for code, name in self.roles.items() if named in (code, name)), None)

    def unit(self, named: str) -> Unit | None:
        """The unit that is named by its code or either name."""
        return next(
            (one for one in self.units.by_id.values() if named in (one.code, one.name_zh, one.name_en)), None
        )


def build(uow: UnitOfWork, folder: Path) -> Town:
    """Build the town of a folder in an empty installation.

    Raises:
        Invalid: a table is missing or has bad rows; the message names it.
    """
    import_roles(uow, BROUGHT_ALONG / "city" / "roles.csv")
    import_units(uow, folder / "units.csv")
    import_catalogue(uow, BROUGHT_ALONG / "catalogue")
    import_hours(uow, BROUGHT_ALONG / "calendar" / "working-hours.csv")
    import_holidays(uow, BROUGHT_ALONG / "calendar" / "holidays-cn.csv")
    store_layers(uow, _layers(folder / "areas.csv"))
    places = {
        row["name"]: (row["lon"], row["lat"]) for row in read_table(folder / "places.csv", PLACE_COLUMNS)
    }
    named = {code: row["name_zh"] for code, row in roles(uow).items()}
    return Town(_people(uow, folder / "people.csv"), places, named, unit_tree(uow))


def _people(uow: UnitOfWork, path: Path) -> dict[tuple[str, int], Actor]:
    tree, known = unit_tree(uow), roles(uow)
    rows = read_table(path, PEOPLE_COLUMNS)
    problems = {}
    for number, row in enumerate(rows, start=2):
        if row["role"] not in known:
            problems[f"row {number}, role"] = f"{row['role']!r} is no role"
        if row["unit_code"] not in tree.by_code:
            problems[f"row {number}, unit_code"] = f"{row['unit_code']!r} is no unit"
    if problems:
        raise bad_rows(path, problems)
    actors = {}
    for row in rows:
        unit_id = tree.by_code[row["unit_code"]].id
        # Nobody signs in here: no password has this hash.
        login = f"{row['role']}@{row['unit_code']}"
        person_id = people.save(uow.conn, {"login": login, "name": row["name"], "password_hash": "!"})
        people.grant(uow.conn, person_id, row["role"], unit_id)
        actors[row["role"], unit_id] = Actor(person_id, row["name"], frozenset({(row["role"], unit_id)}))
    return actors


def _layers(path: Path) -> Layers:
    found: dict[str, list[Area]] = {kind: [] for kind in KINDS}
    for row in read_table(path, AREA_COLUMNS):
        if not (row["west"] < row["east"] and row["south"] < row["north"]):
            raise Invalid(Message("%(path)s: %(code)s has no extent", path=str(path), code=row["code"]))
        outline = box(row["west"], row["south"], row["east"], row["north"])
        found[row["kind"]].append(Area(row["kind"], row["code"], row["name_zh"], outline, made=True))
    return Layers(
        districts=tuple(found["district"]),
        streets=tuple(found["street"]),
        communities=tuple(found["community"]),
        cells=tuple(found["cell"]),
    )
