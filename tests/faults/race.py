"""Clients that race for the same work items by the API: each tries every item, and notes what it was told."""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engine import tokens
from engine.store import people
from engine.store.database import Database
from tests.faults import late


@dataclass
class Racer:
    """One client.

    Attributes:
        name: of the person for whom it acts.
        url: of the web server that it asks.
        won: the items that it completed.
        lost: for each other item, who has it or did it, as it was told.
    """

    name: str
    token: str
    url: str
    won: list[int] = field(default_factory=list)
    lost: dict[int, str | None] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def run(self, items: Sequence[int], gate: threading.Barrier, chance: random.Random) -> None:
        """Try to complete every item, some of them after claiming it."""
        order = list(items)
        chance.shuffle(order)
        gate.wait()
        for item in order:
            commands = ["claim", "complete"] if chance.random() < 0.5 else ["complete"]
            status: int = 0
            said: dict[str, Any] = {}
            for command in commands:
                status, said = self._post(item, command)
                if status != 200:
                    break
            if status == 200:
                self.won.append(item)
            elif status == 409:
                self.lost[item] = said.get("holder")
            else:
                self.failures.append(f"{status} {said}")

    def _post(self, item: int, command: str) -> tuple[int, dict[str, Any]]:
        """Send one command, again where the case is held at this moment and by nobody for longer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        address = f"{self.url}/api/v1/work-items/{item}/{command}"
        data = b'{"values": {}}' if command == "complete" else b"{}"
        request = urllib.request.Request(address, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error)
            again = error.code == 409 and "holder" not in said
            return self._post(item, command) if again else (error.code, said)


def racers(database: Database, urls: Sequence[str], count: int) -> list[Racer]:
    """So many clients of as many people who all hold the same role, spread over the web servers."""
    found = []
    with database.unit_of_work() as uow:
        unit = late.platform(uow.conn)
        for number in range(count):
            row = {"login": f"racer-{number}", "name": f"Racer {number}", "password_hash": "-"}
            person = people.save(uow.conn, row)
            people.grant(uow.conn, person, "acceptor", unit)
            token = tokens.issue(uow, person, "race", timedelta(days=1))
            found.append(Racer(row["name"], token, urls[number % len(urls)]))
    return found


def run_all(clients: Sequence[Racer], items: Sequence[int], seed: int) -> None:
    """Let all race at once."""
    gate = threading.Barrier(len(clients))
    threads = [
        threading.Thread(target=one.run, args=(items, gate, random.Random(seed + number)))
        for number, one in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
