"""What a request may say: strict models, so that nothing is taken for something that it is not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import werkzeug.datastructures
from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from engine.inbox import MAX_PAGE
from engine.incidents import MAX_REASON
from engine.reports import MAX_ADDRESS, MAX_DESCRIPTION
from engine.work import MAX_NOTE
from web.identifiers import MAX_ID
from web.submissions import MAX_PHOTOS

MAX_KEY = 120
MAX_MESSAGE_KEY = 200

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_.-]+$")]
#: PostgreSQL keeps no zero byte; in bodies they are refused wherever they stand.
Words = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]
Key = Annotated[str, Field(max_length=MAX_KEY, pattern=r"^[!-~]*$")]
Values = Annotated[dict[str, Any], Field(max_length=100)]
Reason = Annotated[
    str, Field(min_length=1, max_length=MAX_REASON, description="Why; the log of the case keeps it.")
]
PhotoIds = Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=MAX_PHOTOS)]
#: Numbers in an address come as text.
Limit = Annotated[int, Field(strict=False, ge=1, le=MAX_PAGE)]
Degrees = Annotated[float, Field(strict=False)]


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


OptionalId = Annotated[
    Annotated[int, Field(strict=False, ge=1, le=MAX_ID)] | SkipJsonSchema[None],
    # What is left out of an address is not null.
    Field(json_schema_extra=_without_default),
]


class Strict(BaseModel):
    """A part of a request: no unknown field, no value of another type, no number that is none."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


class Submission(Strict):
    """The header of a request that is to take effect once, however often it is sent."""

    idempotency_key: Key = Field(
        default="",
        alias="Idempotency-Key",
        description="The sender's own key of this submission: the same key again is the same submission.",
    )


class NewReport(Strict):
    """A report. Its place is given by `lon` and `lat`, by a community, or by a photograph that knows where it was taken."""

    channel: Literal["collector", "citizen", "hotline", "camera", "sensor", "open311", "exchange", "leader"]
    scheme: Code = Field(default="gb30428", description="The scheme in which the category is numbered.")
    kind: Literal["component", "event"]
    category: Code = Field(description="The code of the category in its scheme, as /categories gives it.")
    condition_no: int | None = Field(
        default=None, ge=1, le=999, description="The filing condition, if known."
    )
    description: str = Field(default="", max_length=MAX_DESCRIPTION)
    address: str = Field(default="", max_length=MAX_ADDRESS)
    lon: float | None = Field(default=None, ge=-180, le=180, description="Degrees, east positive.")
    lat: float | None = Field(default=None, ge=-90, le=90, description="Degrees, north positive.")
    crs: Literal["wgs84", "cgcs2000", "gcj02", "bd09"] = Field(
        default="wgs84",
        description="The reference system of the coordinates; Chinese web maps give gcj02 or bd09.",
    )
    community_code: Code | None = Field(
        default=None, description="12 digits; where there are no coordinates."
    )
    reporter_name: str = Field(default="", max_length=60)
    reporter_phone: str = Field(default="", max_length=60)
    submission_key: Key = Field(default="", description="The same as the header Idempotency-Key.")
    photos: PhotoIds = Field(default=[], description="Identifiers that POST /photos gave.")
    joins: str = Field(
        default="",
        max_length=40,
        pattern=r"^[0-9A-Za-z_-]*$",
        description="The number of a case about the same problem, as /cases/similar gives it: the report joins it, and opens none.",
    )


class Upload(FileStorage):
    """A file of a form, and nothing else."""

    @classmethod
    def validate(cls, value: Any, *_: Any, **__: Any) -> Any:
        """Refuse a field that is no file."""
        if not isinstance(value, werkzeug.datastructures.FileStorage):
            raise PydanticCustomError("file", "not a file")
        return value


class NewPhoto(Strict):
    """One photograph."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    photo: Upload = Field(
        description="JPEG, PNG or WebP, at most 20 MB; it is cleaned of all but its picture."
    )


class InboxQuery(Strict):
    """What to list of the inbox; what is not given does not filter."""

    view: Literal["all", "mine", "group", "soon", "overdue"] = "all"
    stage: Words = ""
    kind: Literal["", "component", "event"] = ""
    category: Words = ""
    unit: OptionalId = None
    text: Words = Field(default="", description="A part of the case number, the address or the grid code.")
    limit: Limit = 50
    after: Words = Field(default="", description="`next` of the page before.")


class CasesQuery(Strict):
    """Which cases to list, newest first."""

    text: Words = Field(default="", description="A part of the number, the address or the description.")
    status: Literal["", "open", "closed", "rejected", "void", "merged"] = ""
    limit: Limit = 50
    before: OptionalId = Field(default=None, description="`next` of the page before.")


class SimilarQuery(Strict):
    """What a report is about, and where."""

    scheme: Code = Field(default="gb30428", description="The scheme in which the category is numbered.")
    kind: Literal["component", "event"]
    category: Code = Field(description="The code of the category in its scheme, as /categories gives it.")
    lon: Degrees = Field(ge=-180, le=180, description="Degrees, east positive.")
    lat: Degrees = Field(ge=-90, le=90, description="Degrees, north positive.")
    crs: Literal["wgs84", "cgcs2000", "gcj02", "bd09"] = Field(
        default="wgs84",
        description="The reference system of the coordinates; Chinese web maps give gcj02 or bd09.",
    )


class CategoriesQuery(Strict):
    """Which categories to list."""

    kind: Literal["", "component", "event"] = ""


class ItemPath(Strict):
    """The address of a work item."""

    item_id: Id


class CasePath(Strict):
    """The address of a case."""

    case_id: Id


class ActionPath(CasePath):
    """The address of an action on a case."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^/\x00]+$")


class IncidentsQuery(Strict):
    """Which open incidents to list, newest first."""

    limit: Limit = 50
    before: OptionalId = Field(default=None, description="`next` of the page before.")


class IncidentPath(Strict):
    """The address of an incident."""

    incident_id: Id


class Retry(Strict):
    """Why a process is to try again."""

    reason: Reason
    alike: bool = Field(
        default=False, description="All others of the same kind at the same element of the same process, too."
    )


class ByHand(Strict):
    """The result of a background task, given by hand."""

    value: Any = Field(description="What the task would have returned; null where it returns nothing.")
    reason: Reason


class Reroute(Strict):
    """At which element a case is to go on."""

    to: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00]+$",
        description="The id of the element in its diagram.",
    )
    reason: Reason


class MoveTo(Strict):
    """To which version of its process a case is to go over."""

    to: int = Field(ge=1, le=2**31 - 1, description="The number of the version.")
    dry_run: bool = Field(
        default=False, description="Only try it out: nothing is changed, and no reason is needed."
    )
    reason: str = Field(default="", max_length=MAX_REASON, description="Why; the log of the case keeps it.")


class Undo(Strict):
    """Why something is undone."""

    reason: Reason


class CrewPath(Strict):
    """The address of a crew."""

    code: Code


class Position(Strict):
    """Where a crew is."""

    lon: float = Field(ge=-180, le=180, description="In WGS-84 degrees.")
    lat: float = Field(ge=-90, le=90, description="In WGS-84 degrees.")


class HandOn(Strict):
    """To whom a work item goes."""

    to: Id = Field(description="The `id` of one of the work item's `colleagues`.")
    note: str = Field(default="", max_length=MAX_NOTE)


class Completion(Strict):
    """What a person filled in at a step."""

    values: Values = Field(default={}, description="By the names of the form's properties.")
    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="The work item's version, to be refused if it changed."
    )
    photos: PhotoIds = Field(default=[], description="Identifiers that POST /photos gave.")


class ActionValues(Strict):
    """What a person filled in to act on a case."""

    values: Values = Field(default={}, description="By the names of the form's properties.")


class SenderPath(Strict):
    """The address of a sender."""

    sender: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")


class SignatureHeader(Strict):
    """The headers of a signed message (Standard Webhooks)."""

    webhook_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")] = Field(
        alias="webhook-id",
        description="The sender's own identifier of the message: what comes again under it is the same message.",
    )
    webhook_timestamp: Annotated[str, Field(max_length=12, pattern=r"^[0-9]+$")] = Field(
        alias="webhook-timestamp",
        description="When it was sent, in seconds since 1970; at most 5 minutes off.",
    )
    webhook_signature: Annotated[str, Field(max_length=1500)] = Field(
        alias="webhook-signature",
        description="`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`; several are parted by blanks.",
    )


class NewMessage(Strict):
    """A message to a case."""

    type: str = Field(
        min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="The name of the message."
    )
    key: str = Field(
        default="",
        max_length=MAX_MESSAGE_KEY,
        pattern=r"^[^\x00]*$",
        description="Under which a case waits for it; may be left out where a case begins with it.",
    )
    data: Values = Field(
        default={}, description="What goes along, by names. Where a case begins: also what a report says."
    )
    timestamp: str = Field(default="", max_length=60, description="Of what happened; it is not looked at.")
