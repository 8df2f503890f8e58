"""Errands: small jobs of other rooms, enqueued in the transaction of what they belong to and done until they succeed.

A background task belongs to a case and a diagram (`engine.effects`); an errand belongs to neither. Whoever has one registers it in a
module of the entry point group ``gridcase.service_tasks``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import GridcaseError
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from engine.store.unit_of_work import UnitOfWork

#: Its transactions are its own, and short; it may be cut off at any instant and begun anew.
Errand = Callable[..., None]

#: After so many attempts, which take half an hour, a job is left among those that failed, for a person to look at.
ATTEMPTS = 35

_errands: dict[str, Errand] = {}


def errand(name: str) -> Callable[[Errand], Errand]:
    """Register a function of database, settings and further values by name, which are short and plain.

    Args:
        name: by which it is enqueued.
    """

    def register(function: Errand) -> Errand:
        if name in _errands:
            raise ValueError(f"the errand {name} is registered twice")
        _errands[name] = function
        return function

    return register


def errands() -> Mapping[str, Errand]:
    """All errands by name."""
    # Late, here and below: a watch registers errands at its start, for which cameras wait, and knows neither cases nor jobs.
    from engine.tasks import import_modules

    import_modules()
    return _errands


def put(uow: UnitOfWork, name: str, *, lock: str | None = None, **values: Any) -> None:
    """Enqueue an errand in the transaction of a unit of work.

    Args:
        lock: those with the same lock are done one after another, in the order in which they were enqueued.
    """
    from procrastinate.jobs import Job

    from engine import job_queue

    job_queue.put(
        uow,
        [
            Job(
                queue=job_queue.ERRANDS,
                task_name="errands.do",
                task_kwargs={"name": name, "values": values},
                lock=lock,
                queueing_lock=None,
            )
        ],
    )


def do(database: Database, settings: Settings, name: str, values: Mapping[str, Any]) -> None:
    """Do an errand.

    Raises:
        GridcaseError: there is none of that name here; a worker of another release may know it.
        Exception: whatever it raised.
    """
    found = errands().get(name)
    if found is None:
        raise GridcaseError(Message("There is no errand %(name)s.", name=name))
    found(database, settings, **values)
