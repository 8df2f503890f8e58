"""The watch over a group of cameras, as a worker stands it: registered under the entry point group ``gridcase.watches``."""

from __future__ import annotations

import threading

from engine.settings import Settings
from engine.store.database import Database
from engine.watches import Watch, settle
from handlers.cameras import groups


def stand(database: Database, settings: Settings, key: str, told: threading.Event) -> None:
    """Watch the cameras of a group until told to stop.

    Args:
        key: the number of the group.
    """
    # The scheduler imports this module, and looks at no picture.
    from handlers.cameras import registry
    from handlers.cameras.allowance import allowed
    from handlers.cameras.eyes import Eye, Known
    from handlers.cameras.patrol import Patrol
    from handlers.cameras.reading import Watched
    from vision import processors, sources
    from vision.detect import models

    # A watch takes one processor, and leaves the others to other watches.
    processors.take(1)
    settings.camera_files.mkdir(parents=True, exist_ok=True)
    limits, may, detector = sources.Limits(), allowed(settings), models.active(settings.home)
    with database.unit_of_work() as uow:
        registry.seed_rules(uow)
    thinking = threading.Lock()
    with sources.Decoder(limits) as decoder:

        def open_eye(watched: Watched, known: Known | None, alarms: frozenset[str]) -> Eye:
            source = sources.open(watched.source, limits, may, decoder)
            zone = database.time_zone
            return Eye(
                watched,
                source,
                detector=detector,
                timezone=zone,
                known=known,
                told=alarms,
                thinking=thinking,
            )

        patrol = Patrol(database, settings, int(key), open_eye)
        patrol.take_up()
        settle()
        patrol.run(told)


WATCH = Watch(groups.keys, stand)
