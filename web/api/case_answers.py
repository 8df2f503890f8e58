"""What the API answers about a case: its document, its photographs, its place on the diagram and its log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from web.api.answers import Answer, Titles, WorkItem


class CaseDocument(Answer):
    """The case document."""

    id: int
    number: str
    platform_id: int
    status: str
    stage: str
    channel: str
    scheme: str
    kind: str
    category: str
    condition_no: int | None
    description: str
    address: str
    lon: float
    lat: float
    district_code: str | None
    street_code: str | None
    community_code: str | None
    grid_code: str | None
    priority: int
    unit_id: int | None
    similar_id: int | None
    merged_into_id: int | None = Field(
        description="The case that goes on in its place, where it was merged; else null."
    )
    opened_at: datetime
    filed_at: datetime | None
    due_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None
    rework_count: int
    time_limit: float | None = Field(description="The limit of its standard, in `unit_of_time`.")
    unit_of_time: str | None = Field(description="urgent_hour, work_hour, work_day or calendar_day.")
    first_due_at: datetime | None = Field(description="When it was due before anything was excused.")
    yellow_at: datetime | None
    alarm: str | None = Field(description="The light that was last shown, yellow or red; null for none.")
    extensions: int
    suspensions: int
    pause: str | None = Field(description="Why its clock stands, suspension or check; null while it runs.")
    paused_at: datetime | None
    paused_until: datetime | None = Field(
        description="When a suspension ends, or ended because the work was done or the case filed anew meanwhile."
    )
    excused_seconds: int = Field(
        description="By how much ended pauses and extensions moved the due date, in its clock's own time."
    )
    overrun_seconds: int = Field(
        description="How late it was handled by `first_due_at`, nothing excused, in its clock's own time."
    )
    urged: int
    supervised: int


class CaseList(Answer):
    """One page of cases, newest first."""

    items: list[CaseDocument]
    next: int | None = Field(description="What to give as `before` for the next page; null at the end.")


class Photo(Answer):
    """A photograph of a case."""

    sha256: str
    media_type: str
    bytes: int
    width: int
    height: int
    purpose: str
    taken_at: str | None
    lon: float | None
    lat: float | None
    added_at: datetime


class Action(Answer):
    """What the caller may do with a case now, beside its work items."""

    name: str
    title: Titles
    form: dict[str, Any] | None


class Visit(Answer):
    """How often and when last the case passed an element of its diagram."""

    element: str
    count: int
    last: datetime


class Position(Answer):
    """Where a case stands on its diagram."""

    process: str
    version: int
    current: list[str] = Field(description="Identifiers of the elements at which it waits.")
    visited: list[Visit]


class Clock(Answer):
    """How the clock of a case stands, in seconds of its own time."""

    left: float = Field(description="Until it is due; negative when it is overdue.")
    overrun: float = Field(description="By how much it is overdue; 0 before.")
    raw_overrun: float = Field(
        description="By how much it is past `first_due_at`, nothing excused; 0 before."
    )


class CaseDetail(CaseDocument):
    """A case with what waits, what may be done with it, and where it stands."""

    work_items: list[WorkItem]
    photos: list[Photo]
    actions: list[Action]
    position: Position
    clock: Clock | None = Field(description="Null before it was filed.")


class LogEntry(Answer):
    """One thing that happened to a case."""

    seq: int
    at: datetime
    person_id: int | None
    person_name: str | None
    action: str
    element_id: str | None
    data: dict[str, Any]
    body: str = Field(description="The exact text that was hashed.")
    hash: str = Field(
        description="SHA-256 of the hash before (32 zero bytes before the first) and `body`, in hex."
    )


class Log(Answer):
    """The log of a case in order, with the head of its chain."""

    case_id: int
    entries: list[LogEntry]
    head: str = Field(description="The hash of the last entry, as the case keeps it, in hex.")


class SimilarCase(Answer):
    """A case under way that is likely about the same problem."""

    number: str = Field(description="What a report names in `joins`, and a case in the action `merge`.")
    stage: str
    opened_at: datetime
    metres: float
    description: str | None = Field(
        description="What was reported; null to callers who may not see the case."
    )
    photo: str | None = Field(
        description="Address of its photograph in small, good for an hour; null where it has none."
    )


class SimilarCases(Answer):
    """Similar cases, the nearest first."""

    items: list[SimilarCase]
