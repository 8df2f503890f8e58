"""The watch over a group of cameras, as a worker stands it: registered under the entry point group ``gridcase.watches``."""

from __future__ import annotations

import threading
import time

import structlog

from engine.settings import Settings
from engine.store.database import Database
from engine.watches import Watch, go_on, settle
from handlers.cameras import groups

logger = structlog.get_logger()


def stand(database: Database, settings: Settings, key: str, told: threading.Event) -> None:
    """Watch the cameras of a group until told to stop.

    Args:
        key: the number of the group.
    """
    # The scheduler imports this module, and looks at no picture.
    from vision import sources

    go_on()
    limits = sources.Limits()
    with sources.Decoder(limits) as decoder:
        # It starts while the rest is imported: the cameras of a watch that died wait for both.
        threading.Thread(target=decoder.begin, daemon=True).start()

        from handlers.cameras import registry
        from handlers.cameras.allowance import allowed
        from handlers.cameras.eyes import Eye, Known
        from handlers.cameras.patrol import Patrol
        from handlers.cameras.reading import Watched
        from vision import processors
        from vision.detect.current import Current
        from vision.errors import VisionError

        # A watch takes one processor, and leaves the others to other watches.
        processors.take(1)
        settings.camera_files.mkdir(parents=True, exist_ok=True)
        may, current = allowed(settings), Current(settings.home)
        with database.unit_of_work() as uow:
            registry.seed_rules(uow)
        thinking = threading.Lock()

        def open_eye(watched: Watched, known: Known | None, alarms: frozenset[str]) -> Eye:
            source = sources.open(watched.source, limits, may, decoder)
            zone = database.time_zone
            return Eye(
                watched,
                source,
                detector=current.detector,
                timezone=zone,
                known=known,
                told=alarms,
                thinking=thinking,
            )

        def renewed() -> bool:
            try:
                return current.renew()
            except VisionError as error:
                logger.warning("the model that was chosen cannot be used", reason=str(error))
                return False

        def worked() -> float:
            return time.process_time() + decoder.worked

        patrol = Patrol(database, settings, int(key), open_eye, worked=worked, renewed=renewed, goes_on=go_on)
        patrol.take_up()
        settle(*([decoder.pid] if decoder.pid is not None else []))
        patrol.run(told)


WATCH = Watch(groups.keys, stand)
