"""The key under which other cases, platforms and programs write to a case."""

from __future__ import annotations

from engine.actors import unit_tree
from engine.case import Case
from engine.tasks import service_task


@service_task("cases.key", title={"zh": "取得案卷的键", "en": "Get the key of the case"})
def key(case: Case) -> str:
    """Give the key of the case for the property `correlation`: no other case of the installation has it."""
    # Numbers are counted for each platform.
    return f"{unit_tree(case.uow)[case.platform_id].code}-{case.number}"
