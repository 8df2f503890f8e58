"""A background task whose function does what a test tells it, and the town in which cases ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine import work
from engine.actors import SYSTEM
from engine.deployment import deploy, read_folder
from engine.effects import Effect
from engine.log import data_of
from engine.store import incidents, log_entries, work_items
from engine.tasks import service_task
from tests.engine.conftest import Town

FOLDER = Path(__file__).parent / "diagrams_background"


@dataclass
class Sender:
    """Answers in the order told, and ``fine`` when nothing is left; an exception is raised."""

    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[Effect, str]] = field(default_factory=list)

    def register(self, **options: Any) -> None:
        """Make it the service task ``test.send``."""
        given = {"retries": 2, "backoff": 0.0, **options}

        @service_task("test.send", title={"zh": "发送", "en": "Send"}, background=True, **given)
        def send(effect: Effect, text: str) -> Any:
            """Send a text."""
            self.calls.append((effect, text))
            answer = self.answers.pop(0) if self.answers else "fine"
            if isinstance(answer, Exception):
                raise answer
            return answer


@dataclass
class Office:
    """A town with the process that asks for it."""

    town: Town
    sender: Sender

    @classmethod
    def founded(cls, town: Town, **options: Any) -> Office:
        """With the process deployed."""
        sender = Sender()
        sender.register(**options)
        with town.database.unit_of_work() as uow:
            deploy(uow, read_folder(FOLDER), SYSTEM)
        return cls(town, sender)

    def asked(self, key: str = "first") -> int:
        """A case that has asked for the background task."""
        opened = self.town.opened(key)
        with self.town.database.unit_of_work() as uow:
            (item,) = work_items.open_of_case(uow.conn, opened.id)
            work.complete(uow, item["id"], self.town.acceptor, {})
        return opened.id

    def elements(self, case_id: int) -> list[str]:
        """Where the case waits for people."""
        with self.town.database.unit_of_work() as uow:
            return [item["element_id"] for item in work_items.open_of_case(uow.conn, case_id)]

    def incidents(self) -> Sequence[Mapping[str, Any]]:
        """The open ones, newest first."""
        with self.town.database.unit_of_work() as uow:
            return incidents.listed(uow.conn, None, limit=50)

    def log(self, case_id: int, action: str) -> list[dict[str, Any]]:
        """What the entries of one action say."""
        with self.town.database.unit_of_work() as uow:
            rows = log_entries.of_case(uow.conn, case_id)
        return [data_of(row) for row in rows if row["action"] == action]

    def receipts(self) -> list[tuple[str, str]]:
        """Key and outcome of what was recorded."""
        with self.town.database.unit_of_work() as uow:
            found = uow.conn.execute(text("SELECT key, outcome FROM effect_receipt ORDER BY recorded_at"))
            return [(key, outcome) for key, outcome in found]

    def repeat_jobs(self) -> None:
        """Let every job that waits be there twice."""
        columns = "queue_name, task_name, priority, lock, args"
        with self.town.database.unit_of_work() as uow:
            uow.conn.execute(
                text(f"INSERT INTO procrastinate_jobs ({columns}) SELECT {columns} FROM procrastinate_jobs")
            )
