"""Trying a camera: one picture, its health, and what its rules see, without a watch and without a trace."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import NotFound
from engine.messages import Message
from engine.settings import Settings
from engine.store.database import Database
from handlers.cameras.allowance import allowed
from handlers.cameras.reading import Watched, read_one
from handlers.store import camera_registry, camera_watches
from vision import sources
from vision.health import Health
from vision.watching import Watcher


def try_once(database: Database, settings: Settings, code: str) -> Iterator[str]:
    """Take one picture of a camera; gives what there is to say of it, line by line.

    Raises:
        NotFound: there is no such camera.
    """
    with database.unit_of_work() as uow:
        row = camera_registry.of_code(uow.conn, code)
        if row is None:
            raise NotFound(Message("There is no camera %(code)s.", code=code))
        watched = read_one(uow, row)
        state = camera_watches.states(uow.conn, [watched.id]).get(watched.id)
        at = uow.now.astimezone(database.time_zone)
    limits = sources.Limits()
    with sources.Decoder(limits) as decoder:
        camera = sources.open(watched.source, limits, allowed(settings), decoder)
        try:
            frame = camera.next(at)
        except sources.SourceTrouble as trouble:
            yield f"no picture: {trouble.kind}: {trouble.detail}"
            return
        finally:
            camera.close()
    width, height = frame.size
    yield f"picture: {width} x {height}, taken {frame.at:%Y-%m-%d %H:%M:%S}"
    yield f"health: {', '.join(sorted(Health(None).see(frame))) or 'nothing ails it'}"
    # With what the watch knows: one picture alone shows nothing that stands still.
    known = None if state is None else state["content"]
    watcher = Watcher(watched.zones, watched.rules, None, known, timezone=database.time_zone)
    watcher.see(frame)
    yield from _seen(watched, watcher)


def _seen(watched: Watched, watcher: Watcher) -> Iterator[str]:
    for zone in watched.zones:
        yield f"zone {zone.key} ({zone.type}, version {zone.version}): {', '.join(zone.rules) or 'no rule'}"
    view = watcher.seen()
    if view.learning:
        yield f"the background is not known yet: {view.learning} pictures are wanted still"
    for slot in view.slots:
        box = ", ".join(f"{side:.2f}" for side in slot.box)
        yield f"stands in {' '.join(slot.zones) or 'no zone'} for {slot.seconds:.0f} s: {slot.name or 'something'} at {box}"
