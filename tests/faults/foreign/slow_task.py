"""A package from elsewhere: its background task is at work for ever the first time, and done at once the second."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from engine.effects import Effect
from engine.tasks import service_task

#: Names the file that gets a line for each attempt: the process at work, and the key.
LEDGER = "SLOW_TASK_LEDGER"


@service_task("slow.work", title={"zh": "慢", "en": "Slow work"}, background=True)
def work(effect: Effect) -> str:
    """Work for ever at the first attempt."""
    with Path(os.environ[LEDGER]).open("a") as ledger:
        ledger.write(f"{os.getpid()} {effect.key}\n")
    if effect.attempt == 1:
        threading.Event().wait()
    return "done"
