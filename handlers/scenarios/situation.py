"""Where a case stands, in words, and how that differs from what a scenario expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.scenarios.town import Town

Item = Mapping[str, Any]

_MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Situation:
    """A case and its open work items at one point of a scenario.

    Attributes:
        document: the row of the case; empty before it was reported.
        items: its open work items.
        zone: the city's, in which times are told.
    """

    document: Mapping[str, Any]
    items: Sequence[Item]
    town: Town
    zone: ZoneInfo

    def __str__(self) -> str:
        """What the case waits for, or how it ended."""
        if not self.document:
            return "there is no case yet"
        if self.document["status"] != "open":
            return f"the case has ended: {self.document['status']}"
        if not self.items:
            return "the case waits for nobody"
        return f"the case waits for {', '.join(self._told(item) for item in self.items)}"

    def _told(self, item: Item) -> str:
        due = self._local(item["due_at"])
        return (
            f"{item['title_zh']} ({item['element_id']}) by {self._role(item)} @ {self._unit(item)}, due {due}"
        )

    def _role(self, item: Item) -> str:
        return self.town.roles[item["role"]]

    def _unit(self, item: Item) -> str:
        return self.town.units[item["unit_id"]].name_zh

    def _local(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).strftime(_MINUTE)

    def differences(self, wanted: Mapping[str, Any]) -> Iterator[str]:
        """A sentence for each expectation that does not hold."""
        if "waits_for" in wanted:
            yield from self._waiting(wanted["waits_for"] or [])
        for name in ("role", "unit", "due"):
            if name in wanted:
                yield from self._of_items(name, wanted[name])
        if "stage" in wanted and self.document["stage"] != wanted["stage"]:
            yield f"the stage should be {wanted['stage']}, and is {self.document['stage']}"
        if "outcome" in wanted and self.document["status"] != wanted["outcome"]:
            yield f"the outcome should be {wanted['outcome']}"
        for name, value in wanted.get("case", {}).items():
            yield from self._column(name, value)

    def _waiting(self, wanted: Sequence[str]) -> Iterator[str]:
        left = list(self.items)
        for name in wanted:
            found = next((item for item in left if name in (item["element_id"], item["title_zh"])), None)
            if found is None:
                yield f"{name} should wait"
            else:
                left.remove(found)
        for item in left:
            yield f"{item['title_zh']} ({item['element_id']}) should not wait"

    def _of_items(self, name: str, wanted: Any) -> Iterator[str]:
        """Some open work item has this role, unit or due date."""
        if not any(self._fits(item, name, wanted) for item in self.items):
            told = wanted.strftime(_MINUTE) if name == "due" else wanted
            yield f"the {name} should be {told}"

    def _fits(self, item: Item, name: str, wanted: Any) -> bool:
        if name == "role":
            return bool(item["role"] == self.town.role(wanted))
        if name == "unit":
            return self.town.units[item["unit_id"]] == self.town.unit(wanted)
        return bool(self._local(item["due_at"]) == wanted.strftime(_MINUTE))

    def _column(self, name: str, wanted: Any) -> Iterator[str]:
        if name not in self.document:
            yield f"a case has no column {name}"
            return
        found = self.document[name]
        if isinstance(found, datetime):
            found = self._local(found)
        if name == "unit_id" and found is not None:
            found = self.town.units[found].name_zh
        if found != wanted:
            yield f"{name} of the case should be {wanted!r}, and is {found!r}"
