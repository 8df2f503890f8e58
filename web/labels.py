"""What the codes of the program are called in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, lazy_gettext

STAGES: Mapping[str, LazyString] = {
    "collecting": lazy_gettext("Collecting"),
    "verifying": lazy_gettext("Verifying"),
    "filing": lazy_gettext("Filing"),
    "dispatching": lazy_gettext("Dispatching"),
    "handling": lazy_gettext("Handling"),
    "checking": lazy_gettext("Checking"),
    "closing": lazy_gettext("Closing"),
    "closed": lazy_gettext("Closed"),
    "rejected": lazy_gettext("Not filed"),
    "void": lazy_gettext("Void"),
    "merged": lazy_gettext("Merged"),
}

#: The stages at which somebody works, in their order.
WORKING = ("collecting", "verifying", "filing", "dispatching", "handling", "checking", "closing")

STATUSES: Mapping[str, LazyString] = {
    "open": lazy_gettext("Under way"),
    "closed": lazy_gettext("Closed"),
    "rejected": lazy_gettext("Not filed"),
    "void": lazy_gettext("Void"),
    "merged": lazy_gettext("Merged"),
}

CHANNELS: Mapping[str, LazyString] = {
    "collector": lazy_gettext("Collector"),
    "citizen": lazy_gettext("Citizen"),
    "hotline": lazy_gettext("Hotline"),
    "camera": lazy_gettext("Camera"),
    "sensor": lazy_gettext("Sensor"),
    "open311": lazy_gettext("Open311"),
    "exchange": lazy_gettext("Other platform"),
    "leader": lazy_gettext("Instruction"),
}

KINDS: Mapping[str, LazyString] = {
    "event": lazy_gettext("Events"),
    "component": lazy_gettext("Components"),
}

PURPOSES: Mapping[str, LazyString] = {
    "report": lazy_gettext("Report"),
    "verify": lazy_gettext("Verification"),
    "handle": lazy_gettext("Handling"),
    "check": lazy_gettext("Check"),
    "before": lazy_gettext("Before"),
    "begin": lazy_gettext("At first"),
    "half": lazy_gettext("Meanwhile"),
    "alarm": lazy_gettext("At the alarm"),
}

#: Why a bundle of evidence has no time stamp yet.
STAMP_TROUBLES: Mapping[str, LazyString] = {
    "": lazy_gettext("the authority has not been asked yet"),
    "away": lazy_gettext("the authority does not answer; it is asked again"),
    "no_stamp": lazy_gettext("what the authority answers is no time stamp; it is asked again"),
    "refused": lazy_gettext("the authority refuses; it is asked again"),
    "wrong": lazy_gettext("the authority's stamp does not fit; it is asked again"),
}

AREAS: Mapping[str, LazyString] = {
    "district": lazy_gettext("District"),
    "street": lazy_gettext("Street"),
    "community": lazy_gettext("Community"),
    "cell": lazy_gettext("Unit grid"),
}

#: What the map can show besides cases.
LAYERS: Mapping[str, LazyString] = {
    "crew": lazy_gettext("Crews"),
    "zone": lazy_gettext("Development zones"),
    "street": lazy_gettext("Streets"),
    "community": lazy_gettext("Communities"),
    "cell": lazy_gettext("Unit grids"),
    "road": lazy_gettext("Roads"),
    "component": lazy_gettext("Components"),
    "poi": lazy_gettext("Points of interest"),
}

#: How the clock of a case stands.
CLOCKS: Mapping[str, LazyString] = {
    "overdue": lazy_gettext("Overdue"),
    "soon": lazy_gettext("Due soon"),
    "later": lazy_gettext("In time"),
    "paused": lazy_gettext("The clock stands"),
    "none": lazy_gettext("No due date"),
}

PROFESSIONS: Mapping[str, LazyString] = {
    "law_enforcement": lazy_gettext("law enforcement"),
    "sanitation": lazy_gettext("sanitation"),
    "municipal_works": lazy_gettext("municipal works"),
    "greenery": lazy_gettext("greenery"),
    "gas_and_heat": lazy_gettext("gas and heat"),
}

#: What a unit is to a component.
DEPARTMENTS: Mapping[str, LazyString] = {
    "manager": lazy_gettext("department in charge"),
    "owner": lazy_gettext("owner"),
    "keeper": lazy_gettext("keeper"),
}

DISPATCHED_BY: Mapping[str, LazyString] = {
    "table": lazy_gettext("Automatic, by the table"),
    "learned": lazy_gettext("Automatic, by what was learned"),
    "person": lazy_gettext("Chosen by the dispatcher"),
}

#: Why a clock stands.
PAUSES: Mapping[str, LazyString] = {
    "suspension": lazy_gettext("Suspended"),
    "check": lazy_gettext("Stands for the check"),
}

LIGHTS: Mapping[str, LazyString] = {"yellow": lazy_gettext("yellow"), "red": lazy_gettext("red")}

#: Why a case was placed with no crew.
NO_CREW: Mapping[str, LazyString] = {
    "no_crews": lazy_gettext("none: the unit has no crews"),
    "no_skill": lazy_gettext("none: no crew of the unit does such work"),
    "no_time": lazy_gettext("none: no crew has room for it in its shift"),
}

UNITS_OF_TIME: Mapping[str, LazyString] = {
    "urgent_hour": lazy_gettext("urgent hours"),
    "work_hour": lazy_gettext("working hours"),
    "work_day": lazy_gettext("working days"),
    "calendar_day": lazy_gettext("calendar days"),
}


ZONES: Mapping[str, LazyString] = {
    "no_parking": lazy_gettext("No parking"),
    "no_vending": lazy_gettext("No vending"),
    "frontage": lazy_gettext("Shop frontage"),
    "bus_lane": lazy_gettext("Bus lane"),
}

CAMERA_STATES: Mapping[str, LazyString] = {
    "alarm": lazy_gettext("In trouble"),
    "silent": lazy_gettext("Silent"),
    "paused": lazy_gettext("Paused"),
    "well": lazy_gettext("Well"),
}

CAMERA_SOURCES: Mapping[str, LazyString] = {
    "snapshot": lazy_gettext("Single pictures over HTTP"),
    "rtsp": lazy_gettext("RTSP stream"),
    "hls": lazy_gettext("HLS stream"),
    "files": lazy_gettext("Files of this installation"),
}

CAMERA_ALARMS: Mapping[str, LazyString] = {
    "dark": lazy_gettext("too dark"),
    "frozen": lazy_gettext("picture stands still"),
    "blurred": lazy_gettext("blurred"),
    "moved": lazy_gettext("camera was moved"),
    "unreachable": lazy_gettext("does not answer"),
    "refused": lazy_gettext("refuses us"),
    "too_slow": lazy_gettext("too slow"),
    "not_a_picture": lazy_gettext("sends no picture"),
    "too_large": lazy_gettext("picture too large"),
    "damaged": lazy_gettext("picture damaged"),
    "ended": lazy_gettext("stream ended"),
    "forbidden": lazy_gettext("address not allowed"),
    "failed": lazy_gettext("cannot be processed"),
}

#: What a detector calls things, as far as rules of the product look for them.
SEEN: Mapping[str, LazyString] = {
    "car": lazy_gettext("car"),
    "bus": lazy_gettext("bus"),
    "truck": lazy_gettext("truck"),
    "motorcycle": lazy_gettext("motorcycle"),
    "bicycle": lazy_gettext("bicycle"),
    "person": lazy_gettext("person"),
    "tricycle": lazy_gettext("tricycle"),
    "stall": lazy_gettext("stall"),
    "goods": lazy_gettext("goods"),
    "umbrella": lazy_gettext("umbrella"),
    "vehicle": lazy_gettext("car, bus or truck"),
    "anything": lazy_gettext("anything"),
}


def called(labels: Mapping[str, LazyString], code: str | None) -> str:
    """The label of a code; the code itself where a city added one of its own."""
    return str(labels.get(code or "", code or ""))
