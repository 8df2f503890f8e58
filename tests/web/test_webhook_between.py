"""One installation tells another: what the task sends, the hooks of the program take."""

from __future__ import annotations

from threading import Thread

from werkzeug.serving import make_server

from engine import senders
from engine.effects import CaseFacts, Effect
from engine.receivers import Receiver
from engine.settings import Settings
from engine.store.cases import case
from engine.tasks import load_service_tasks
from tests.conftest import SHANGHAI
from tests.web.conftest import Town


def test_the_hooks_take_what_the_task_sends_once(town: Town, settings: Settings) -> None:
    with town.database.unit_of_work() as uow:
        secret = senders.save(uow, "neighbour", "west", ["x.*"])
        now = uow.now
    server = make_server("127.0.0.1", 0, town.app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    sending = Settings(
        settings.home,
        settings.database_url,
        "127.0.0.1",
        8000,
        SHANGHAI,
        receivers=(Receiver("127.0.0.1", server.server_port, secret, private=True),),
    )
    facts = CaseFacts({column.name: None for column in case.c})
    given = {
        "url": f"http://127.0.0.1:{server.server_port}/api/v1/hooks/neighbour",
        "type": "x.done",
        "data": {"n": 1},
        "key": "k1",
    }

    answers = [
        load_service_tasks()["webhook"].run(
            Effect("task-1", attempt, facts, now, town.database, sending), given
        )
        for attempt in (1, 2)
    ]

    server.shutdown()
    thread.join()
    server.server_close()
    assert answers == [
        {"status": 202, "answer": {"status": "accepted"}},
        {"status": 202, "answer": {"status": "duplicate"}},
    ]
