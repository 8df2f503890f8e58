"""What stands before the first case of the demonstration: schema, roles, units, calendars, catalogue, layers, process, people."""

from __future__ import annotations

from pathlib import Path

import processes
from engine.actors import SYSTEM
from engine.commands.calendar import import_holidays, import_hours
from engine.deployment import deploy, read_folder
from engine.organisation import import_roles, import_units
from engine.store.unit_of_work import UnitOfWork
from handlers.catalogue import import_catalogue
from handlers.crews.tables import import_crews
from handlers.demo.layers import store_made
from handlers.layers import store_xian

DATA = Path(processes.__path__[0])


def install(uow: UnitOfWork, cache: Path) -> None:
    """Read in everything that the program brings along for Xi'an, and deploy the process of a case.

    Args:
        cache: a folder in which made layers are kept for the next time.
    """
    import_roles(uow, DATA / "city" / "roles.csv")
    import_units(uow, DATA / "city" / "xian" / "units.csv")
    import_hours(uow, DATA / "calendar" / "working-hours.csv")
    import_holidays(uow, DATA / "calendar" / "holidays-cn.csv")
    import_catalogue(uow)
    import_crews(uow, DATA / "city" / "xian" / "crews.csv")
    store_xian(uow, cache)
    store_made(uow, cache)
    deploy(uow, read_folder(DATA / "case"), SYSTEM)
