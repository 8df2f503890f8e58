"""A package from elsewhere: its background task leaves a line for each attempt, so that another process can count them."""

from __future__ import annotations

import os
from pathlib import Path

from engine.effects import Effect
from engine.tasks import service_task

#: Names the file that gets a line for each attempt: the case and the key.
LEDGER = "LOAD_TASK_LEDGER"


@service_task("load.work", title={"zh": "负载", "en": "Load"}, background=True, backoff=0.0)
def work(effect: Effect) -> str:
    """Note the attempt, as another system would note what it was asked for."""
    with Path(os.environ[LEDGER]).open("a") as ledger:
        ledger.write(f"{effect.case.id} {effect.key}\n")
    return effect.key
