"""Notices: what a case told the one who follows it, from its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from engine.cases import Following
from engine.log import data_of
from handlers.notify import REPORTER
from web.languages import language

Notice = tuple[datetime, str]


def notices(following: Following) -> list[Notice]:
    """When the reporter was told what, in the language of the page where it was written in both."""
    return [
        (row["at"], text)
        for row in following.log
        for text in (*_of_the_diagram(row), *_of_merging(following, row))
    ]


def _of_the_diagram(row: Mapping[str, Any]) -> Iterator[str]:
    """What a service task of the diagram told the reporter."""
    if row["action"] != "service":
        return
    said = data_of(row)
    result = said.get("result")
    if said.get("task") == "notify" and result and result["to"] == REPORTER:
        yield (result["text_en"] if language() == "en" else "") or result["text"]


def _of_merging(following: Following, row: Mapping[str, Any]) -> Iterator[str]:
    """That the report was joined to another case, or others to its own; and that this was undone."""
    own = following.before or following.case
    said = data_of(row) if row["action"] in _MERGING else {}
    if row["action"] == "merged" and row["case_id"] == own["id"]:
        yield _(
            "Your report is about the same problem as the case %(number)s and has joined it.",
            number=said["into"],
        )
    elif row["action"] == "merge_undone" and row["case_id"] == own["id"]:
        yield _(
            "Your report has left the case %(number)s again, and is a case of its own.", number=said["into"]
        )
    elif row["action"] == "took_in" and said["case"] != own["number"]:
        yield _("Another report about the same problem has joined this case.")
    elif row["action"] == "gave_back" and said["case"] != own["number"]:
        yield _("A report that had joined this case is a case of its own again.")
    elif row["action"] == "joined" and row["at"] > following.case["reported_at"]:
        yield _("Another report about the same problem has joined this case.")


_MERGING = {"merged", "merge_undone", "took_in", "gave_back", "joined"}
