"""The log of a case as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from engine.actors import unit_tree
from engine.bpmn import ElementInfo
from engine.bundles import Bundle
from engine.forms import Form, label
from engine.log import data_of
from engine.store.unit_of_work import UnitOfWork
from engine.tasks import load_service_tasks
from handlers import city
from web import categories, comparisons, labels, reasons
from web.candidates import percent
from web.languages import language, moment, named


@dataclass(frozen=True)
class Line:
    """One entry of a log.

    Attributes:
        who: the name of the person, or of what acted.
        text: what happened.
        details: (name, value) of what was said with it.
        quiet: whether the program did it by itself.
    """

    at: datetime
    who: str
    text: str
    details: tuple[tuple[str, str], ...]
    quiet: bool


@dataclass(frozen=True)
class _Told:
    """What the sentence of an entry is made from."""

    uow: UnitOfWork
    case: Mapping[str, Any]
    bundle: Bundle
    element: ElementInfo | None
    data: Mapping[str, Any]

    @property
    def step(self) -> str:
        """The name of the element in the language of the page."""
        return element_name(self.element) if self.element else ""

    def form(self) -> Form | None:
        """The form of the step, if it has one."""
        return self.bundle.form_of(self.element) if self.element else None


def element_name(element: ElementInfo) -> str:
    """What an element of a diagram is called in the language of the page."""
    english = element.properties.get("name_en") if language() == "en" else None
    return english or element.name


def lines(
    uow: UnitOfWork, case: Mapping[str, Any], bundle: Bundle, entries: list[Mapping[str, Any]]
) -> list[Line]:
    """The entries of a case's log in their order."""
    elements = bundle.elements(case["process_key"])
    return [
        _line(_Told(uow, case, bundle, elements.get(row["element_id"]), data_of(row)), row) for row in entries
    ]


def _line(told: _Told, row: Mapping[str, Any]) -> Line:
    sentence = _SENTENCES.get(row["action"])
    text, details = sentence(told) if sentence else (row["action"], _plain(told.data))
    # What nobody who is signed in reported the public did, or a camera.
    public = row["action"] in {"reported", "joined"} and told.data.get("channel") != "camera"
    who = row["person_name"] or (_("The public") if public else _("System"))
    quiet = row["person_id"] is None or row["action"] in {"service", "opened", "sent"}
    return Line(
        row["at"], _("System") if row["action"] in {"service", "sent"} else who, text, tuple(details), quiet
    )


Sentence = tuple[str, list[tuple[str, str]]]


def _reported(told: _Told) -> Sentence:
    channel = labels.called(labels.CHANNELS, told.data.get("channel"))
    details = [(_("Description"), str(told.data.get("description", "")))]
    return _("Reported (%(channel)s)", channel=channel), [*details, *_photos(told.data)]


def _opened(told: _Told) -> Sentence:
    version = told.data.get("version", "")
    return _(
        "Case %(number)s opened on version %(version)s of its process",
        number=told.case["number"],
        version=version,
    ), []


def _claimed(told: _Told) -> Sentence:
    return _("Claimed: %(step)s", step=told.step), []


def _released(told: _Told) -> Sentence:
    return _("Given back to the group: %(step)s", step=told.step), []


def _handed_on(told: _Told) -> Sentence:
    note = str(told.data.get("note") or "")
    text = _("Handed on to %(name)s: %(step)s", name=told.data.get("to_name", ""), step=told.step)
    return text, [(_("Note"), note)] if note else []


def _completed(told: _Told) -> Sentence:
    return _("Completed: %(step)s", step=told.step), [*_answers(told), *_photos(told.data)]


def _acted(told: _Told) -> Sentence:
    return _("Action: %(name)s", name=told.step or told.data.get("action", "")), _answers(told)


def _service(told: _Told) -> Sentence:
    name = str(told.data.get("task", ""))
    task = load_service_tasks().get(name)
    title = task.title.get(language()) or name if task else name
    return title, _results(told)


def _timer(_told: _Told) -> Sentence:
    return _("A time had come"), []


def _message(told: _Told) -> Sentence:
    return _("Message received: %(name)s", name=told.data.get("message", "")), _from(told)


def _signal(told: _Told) -> Sentence:
    return _("Signal received: %(name)s", name=told.data.get("signal", "")), []


def _sent(told: _Told) -> Sentence:
    if "signal" in told.data:
        return _("Signal sent: %(name)s", name=told.data["signal"]), []
    return _("Message sent: %(name)s", name=told.data.get("message", "")), _from(told)


def _from(told: _Told) -> list[tuple[str, str]]:
    names = {"key": _("Key"), "sender": _("Sender")}
    return [(title, str(told.data[name])) for name, title in names.items() if told.data.get(name)]


def _ended(told: _Told) -> Sentence:
    return _(
        "The case ended: %(outcome)s", outcome=labels.called(labels.STATUSES, told.data.get("outcome"))
    ), []


def _incident_retried(told: _Told) -> Sentence:
    return _("Tried again after it had stopped: %(step)s", step=told.step), _seen_to(told)


def _incident_completed(told: _Told) -> Sentence:
    return _("Completed by hand: %(step)s", step=told.step), _seen_to(told)


def _incident_rerouted(told: _Told) -> Sentence:
    to = str(told.data.get("to", ""))
    element = told.bundle.elements(told.case["process_key"]).get(to)
    named_to = (element_name(element) if element else "") or to
    text = _("Sent on after it had stopped: from %(step)s to %(to)s", step=told.step, to=named_to)
    return text, _seen_to(told)


def _moved(told: _Told) -> Sentence:
    text = _("Moved from version %(before)s of its process to version %(after)s", **_versions(told))
    return text, _seen_to(told)


def _move_undone(told: _Told) -> Sentence:
    text = _("Put back from version %(before)s of its process to version %(after)s", **_versions(told))
    return text, _seen_to(told)


def _placed(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The crew that a case was placed with, or why with none."""
    if not result.get("crew"):
        return [(_("Crew"), labels.called(labels.NO_CREW, str(result.get("why_not"))))]
    return [(_("Crew"), named(result)), *_planned(result)]


def _crew_moved(told: _Told) -> Sentence:
    before, after = _crews_of(told)
    text = (
        _("Goes to %(after)s instead of %(before)s", before=before, after=after)
        if before
        else _("Goes to %(after)s", after=after)
    )
    gain = told.data.get("gain")
    return text, [*_planned(told.data), *([(_("Gain"), _("%(n)s min", n=gain))] if gain else [])]


def _crew_chosen(told: _Told) -> Sentence:
    note = str(told.data.get("note") or "")
    return _("Given to %(crew)s by hand", crew=_crews_of(told)[1]), [
        *_planned(told.data),
        *([(_("Note"), note)] if note else []),
    ]


def _crews_of(told: _Told) -> tuple[str, str]:
    """The crew before, empty where there was none, and the crew now."""
    suffix = "_en" if language() == "en" else ""
    return str(told.data.get(f"from{suffix}") or ""), str(told.data.get(f"name{suffix}") or "")


def _planned(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How far a crew has to go, what it has in hand, and when it is expected."""
    return [
        (_("Distance"), _("%(km)s km", km=f"{data.get('metres', 0) / 1000:.1f}")),
        (_("In hand"), str(data.get("in_hand", 0))),
        (_("Expected"), moment(datetime.fromisoformat(data["arrival"]))),
    ]


def _joined(told: _Told) -> Sentence:
    details = (
        [(_("Description"), str(told.data.get("description") or ""))] if told.data.get("description") else []
    )
    channel = labels.called(labels.CHANNELS, told.data.get("channel"))
    return _("Another report joined (%(channel)s)", channel=channel), [*details, *_photos(told.data)]


def _merged(told: _Told) -> Sentence:
    return _("Merged into the case %(number)s", number=told.data.get("into", "")), _count(told)


def _merge_undone(told: _Told) -> Sentence:
    return _("Parted from the case %(number)s again", number=told.data.get("into", "")), _count(told)


def _took_in(told: _Told) -> Sentence:
    return _("The case %(number)s was merged into this one", number=told.data.get("case", "")), _count(told)


def _gave_back(told: _Told) -> Sentence:
    return _("The case %(number)s was parted from this one again", number=told.data.get("case", "")), _count(
        told
    )


def _sighting_joined(told: _Told) -> Sentence:
    return _("The camera saw it once more"), [*_stood(told), *_photos(told.data)]


def _sighting_goes_on(told: _Told) -> Sentence:
    return _("It still stands there"), _stood(told)


def _sighting_over(told: _Told) -> Sentence:
    return _("It has left, the camera says"), _stood(told)


def _stood(told: _Told) -> list[tuple[str, str]]:
    return [(_("Stood for"), _("%(n)s min", n=told.data.get("minutes", 0)))]


def _still(told: _Told) -> Sentence:
    return _("A fresh still of the camera in view"), _photos(told.data)


def _count(told: _Told) -> list[tuple[str, str]]:
    return [(_("Reports"), str(told.data.get("reports", "")))]


def _versions(told: _Told) -> dict[str, Any]:
    return {"before": told.data.get("from", ""), "after": told.data.get("to", "")}


def _seen_to(told: _Told) -> list[tuple[str, str]]:
    names = {"message": _("What stopped"), "reason": _("Why")}
    return [(title, str(told.data[name])) for name, title in names.items() if told.data.get(name)]


_SENTENCES: Mapping[str, Callable[[_Told], Sentence]] = {
    "reported": _reported,
    "opened": _opened,
    "claimed": _claimed,
    "released": _released,
    "handed_on": _handed_on,
    "completed": _completed,
    "acted": _acted,
    "service": _service,
    "timer": _timer,
    "message": _message,
    "signal": _signal,
    "sent": _sent,
    "incident_retried": _incident_retried,
    "incident_completed": _incident_completed,
    "incident_rerouted": _incident_rerouted,
    "moved": _moved,
    "move_undone": _move_undone,
    "joined": _joined,
    "merged": _merged,
    "merge_undone": _merge_undone,
    "took_in": _took_in,
    "gave_back": _gave_back,
    "ended": _ended,
    "sighting_joined": _sighting_joined,
    "sighting_goes_on": _sighting_goes_on,
    "sighting_over": _sighting_over,
    "still": _still,
    "crew_moved": _crew_moved,
    "crew_chosen": _crew_chosen,
}


def _photos(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    count = len(data.get("photos") or ())
    return [(_("Photographs"), str(count))] if count else []


def _answers(told: _Told) -> list[tuple[str, str]]:
    """What was filled in, by the titles of the form."""
    form = told.form()
    if form is None:
        return _plain({name: value for name, value in told.data.items() if name not in {"photos", "action"}})
    return [
        (label(described, language(), name), _answer(told, name, described, told.data[name]))
        for name, described in form.properties.items()
        if name in told.data and not (name == "kind" and "category" in told.data)
    ]


def _answer(told: _Told, name: str, described: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    for choice in described.get("oneOf", ()):
        if choice.get("const") == value:
            return label(choice, language(), str(value))
    widget = described.get("x-widget") or name
    if widget == "category":
        kind = str(told.data.get("kind", told.case["kind"]))
        return categories.name_of(told.uow, told.case["scheme"], kind, str(value))
    if widget == "condition":
        return _condition(told, value)
    if widget in {"unit", "unit_id"}:
        unit = unit_tree(told.uow).by_id.get(value)
        return unit.name(language()) if unit else str(value)
    return str(value)


def _condition(told: _Told, number: Any) -> str:
    kind = str(told.data.get("kind", told.case["kind"]))
    code = str(told.data.get("category", told.case["category"]))
    category = city.catalogue(told.uow).get(told.case["scheme"], kind, code)
    standard = category.standards.get(number) if category else None
    if standard is None:
        return str(number)
    return standard.condition_en if language() == "en" else standard.condition_zh


#: Service tasks that say when something is due or over now.
_TIMED = ("clock.extend", "clock.pause")


def _results(told: _Told) -> list[tuple[str, str]]:
    """What a service task gave, as far as it says something to a reader."""
    result = told.data.get("result")
    if told.data.get("task") == "clock.light":
        result = {"light": labels.called(labels.LIGHTS, str(result))}
    if not isinstance(result, Mapping):
        return []
    if told.data.get("task") == "dispatch.place":
        return _placed(result)
    if told.data.get("task") == comparisons.TASK:
        return comparisons.details(result)
    if told.data.get("task") in _TIMED:
        times = {"due": result.get("due_at"), "until": result.get("until")}
        result = {name: moment(datetime.fromisoformat(at)) for name, at in times.items() if at}
    if result.get("name_zh"):
        told_why = reasons.sentence(told.uow, result.get("reasons") or ())
        sure = percent(result.get("probability"))
        said = [(_("Unit"), named(result)), (_("Probability"), sure), (_("Why"), told_why)]
        return [(title, value) for title, value in said if value]
    district = city.layers(told.uow).named.get(result.get("district_code") or "")
    if district is not None:
        result = {**result, "district": district.name_en if language() == "en" else district.name}
    if result.get("condition_no") is not None:
        result = {**result, "condition": _condition(told, result["condition_no"])}
    known = {
        "district": _("District"),
        "grid_code": _("Unit grid"),
        "condition": _("Filing condition"),
        "number": _("Similar case"),
        "light": _("Light"),
        "due": _("Due"),
        "until": _("Until"),
    }
    return [(title, str(result[key])) for key, title in known.items() if result.get(key) is not None]


def _plain(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in data.items() if isinstance(value, (str, int, float))]
