"""What the API answers. Instants are in UTC, coordinates in WGS-84 degrees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A part of an answer, read from a row or an object by its field names."""

    model_config = ConfigDict(from_attributes=True)


class Titles(Answer):
    """A name in each language."""

    zh: str
    en: str


class Reported(Answer):
    """The case that a report opened."""

    id: int
    number: str
    follow: str | None = Field(
        description="Address at which the reporter follows the case, told this once; null when the report had come before."
    )


class StoredPhoto(Answer):
    """A photograph that was uploaded, cleaned and stored."""

    id: str = Field(description="What to name in `photos` of a report or a completion, within a day.")
    sha256: str
    media_type: str
    width: int
    height: int
    taken_at: str | None
    lon: float | None
    lat: float | None


class WorkItem(Answer):
    """One line of the inbox."""

    id: int
    case_id: int
    case_number: str
    title_zh: str
    title_en: str
    stage: str
    role: str
    unit_id: int
    state: str = Field(description="open, done or withdrawn.")
    version: int
    assignee_id: int | None
    priority: int
    created_at: datetime
    due_at: datetime = Field(description="Red from then on.")
    yellow_at: datetime = Field(description="Yellow from then on.")
    follows_case: bool = Field(description="Whether it is due with its case, and moves with it.")
    paused_at: datetime | None = Field(description="Since when its clock stands; null while it runs.")
    urged: int = Field(description="How often somebody urged the case.")
    supervised: int = Field(description="How often it was put under supervision.")
    claimed_at: datetime | None
    ended_at: datetime | None
    kind: str
    category: str
    address: str
    grid_code: str | None
    channel: str


class Incident(Answer):
    """A place where a process stopped by no fault of whoever moved it."""

    id: int
    kind: str = Field(
        description="What stopped: effect (a background task failed), advance (the process cannot go on with a result), "
        "step (of a person), timer, opening (of a case), message or signal (the process cannot go on with one)."
    )
    case_id: int | None = Field(description="Null where a case could not be opened.")
    case_number: str | None
    process_key: str
    element_id: str | None
    message: str
    attempts: int
    opened_at: datetime
    closed_at: datetime | None
    resolution: str | None = Field(
        description="retried, completed, rerouted, obsolete or overtaken; null while it is open."
    )
    reason: str | None


class Incidents(Answer):
    """A page of open incidents."""

    items: list[Incident]
    next: int | None = Field(description="`before` of the next page; null on the last.")


class Retried(Answer):
    """What became of a retry."""

    retried: int = Field(
        description="0 where the process waits there no more: the incident is closed, and nothing was tried."
    )
    refused: int = Field(
        description="Those that somebody else had seen to, or whose process stopped again at once."
    )


class Moved(Answer):
    """Whether a case can go over to another version of its process, or did."""

    case_id: int
    number: str
    before: int
    after: int
    reasons: list[str] = Field(description="Why it cannot; empty if it can, or did.")


class Counts(Answer):
    """How many work items each view of the inbox has."""

    all: int
    mine: int
    group: int
    soon: int
    overdue: int


class Inbox(Answer):
    """One page of the inbox, what is due first first."""

    items: list[WorkItem]
    next: str | None = Field(description="What to give as `after` for the next page; null at the end.")
    counts: Counts


class CrewTask(Answer):
    """A case in the hands of a crew."""

    case_id: int
    number: str
    item_id: int = Field(description="Its open work item.")
    address: str
    lon: float
    lat: float
    due_at: datetime | None
    begun: bool = Field(description="Whether somebody has claimed the work item.")
    arrival: datetime | None = Field(description="When the crew is expected there; null once it has begun.")
    kept: bool = Field(description="Whether a person gave it to this crew, so that no plan takes it away.")


class Crew(Answer):
    """A crew, and what it has in hand."""

    code: str
    name: Titles
    lon: float
    lat: float
    at: datetime | None = Field(
        description="When it said that it is there; null if it did not within an hour: then it is where it sets out from."
    )
    on_shift: bool
    mine: bool = Field(description="Whether the caller belongs to it.")
    work: list[CrewTask] = Field(
        description="What it has begun, then the rest in the order in which it goes there."
    )


class Crews(Answer):
    """Crews by their codes."""

    items: list[Crew]


class MeasuredWeek(Answer):
    """What was answered to the sightings of one week."""

    monday: date
    right: int
    wrong: int


class MeasuredLine(Answer):
    """How much of what a rule, a model or a camera saw was right."""

    key: str
    name: str
    right: int
    wrong: int
    share: float | None = Field(description="Right of all answers; null without any.")
    low: float = Field(description="The lower end of Wilson's interval of 95 %.")
    high: float
    weeks: list[MeasuredWeek]


class Precision(Answer):
    """The precision of sightings over the last 90 days, as reviewers answered and trials of rules were marked."""

    rule: list[MeasuredLine]
    model: list[MeasuredLine]
    camera: list[MeasuredLine]


class ServiceTaskParameter(Answer):
    """What a diagram gives a service task."""

    id: str
    type: str = Field(description="str, int, float, bool, list, dict or any.")
    required: bool


class ServiceTaskPart(Answer):
    """A part of what a service task gives."""

    name: str
    type: str


class ServiceTask(Answer):
    """A function that a diagram may call by its name."""

    id: str = Field(description="Its name, as the diagram calls it.")
    title: Titles
    summary: str
    description: str
    background: bool = Field(description="Whether it runs as a job, while the case waits at it.")
    parameters: list[ServiceTaskParameter]
    has_result: bool = Field(description="Whether there is something to keep in a result variable.")
    result: list[ServiceTaskPart] = Field(description="The parts of the result, where it has named ones.")


class ServiceTasks(Answer):
    """All service tasks, by name."""

    items: list[ServiceTask]


class Colleague(Answer):
    """Somebody to whom a work item can be handed on."""

    id: int
    name: str
    login: str


class WorkItemDetail(WorkItem):
    """A work item with what is needed to complete it."""

    assignee_name: str | None
    ended_by_name: str | None
    form: dict[str, Any] | None = Field(
        description="JSON Schema (2020-12) of `values`; null where nothing is filled in."
    )
    photos: str = Field(description="optional, required, or empty where none are taken.")
    colleagues: list[Colleague]


class Completed(Answer):
    """A work item that is done."""

    id: int
    state: str


class Standard(Answer):
    """One filing condition of a category."""

    condition_no: int
    condition_zh: str
    condition_en: str
    limit: float
    unit_of_time: str
    closing_zh: str
    closing_en: str


class Category(Answer):
    """One minor class with its standards."""

    scheme: str
    kind: str
    code: str
    major_code: str
    major_zh: str
    major_en: str
    name_zh: str
    name_en: str
    unit_type: str
    standards: list[Standard]


class Categories(Answer):
    """The catalogue."""

    items: list[Category]


class Grant(Answer):
    """A role that the caller holds at a unit."""

    role: str
    unit_id: int
    unit_code: str
    unit_name: Titles


class Me(Answer):
    """The person for whom the token stands."""

    id: int
    login: str
    name: str
    language: str | None
    grants: list[Grant]


class Received(BaseModel):
    """What became of a message that was sent."""

    status: Literal["accepted", "duplicate"] = Field(
        description="`duplicate` where it came before and was not taken again."
    )
