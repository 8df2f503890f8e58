"""Incidents: processes that stopped, listed and seen to by those who look after them."""

from __future__ import annotations

from engine import incidents, reroutes
from web.api.answers import Incident, Incidents, Retried
from web.api.blueprint import INCIDENTS, api, refusals
from web.api.callers import Call
from web.api.requests import ByHand, IncidentPath, IncidentsQuery, Reroute, Retry

_ONE = "/incidents/<int:incident_id>"


@api.get("/incidents", tags=[INCIDENTS], responses={200: Incidents, **refusals(403)})
def list_incidents(call: Call, query: IncidentsQuery) -> Incidents:
    """Open incidents at the units where the caller is supervisor or administrator and below, newest first."""
    found = incidents.listed(call.uow, call.actor, limit=query.limit + 1, before=query.before)
    items = [Incident.model_validate(dict(row)) for row in found[: query.limit]]
    return Incidents(items=items, next=items[-1].id if len(found) > query.limit else None)


@api.get(_ONE, tags=[INCIDENTS], responses={200: Incident, **refusals(403, 404)})
def read_incident(call: Call, path: IncidentPath) -> Incident:
    """One incident, open or closed."""
    return Incident.model_validate(dict(incidents.read(call.uow, path.incident_id, call.actor)))


@api.post(
    f"{_ONE}/retry", tags=[INCIDENTS], responses={200: Retried, **refusals(400, 403, 404, 409, 413, 415)}
)
def retry_incident(call: Call, path: IncidentPath, body: Retry) -> Retried:
    """Let the process try again, and all others that stopped in the same way where `alike` says so."""
    if body.alike:
        retried, refused = incidents.retry_alike(call.uow.database, path.incident_id, call.actor, body.reason)
        return Retried(retried=retried, refused=refused)
    resolution = incidents.retry(call.uow, path.incident_id, call.actor, body.reason)
    return Retried(retried=int(resolution != "obsolete"), refused=0)


@api.post(
    f"{_ONE}/complete",
    tags=[INCIDENTS],
    responses={200: Incident, **refusals(400, 403, 404, 409, 413, 415)},
)
def complete_incident(call: Call, path: IncidentPath, body: ByHand) -> Incident:
    """Give a background task its result by hand, and let the case go on with it."""
    incidents.complete(call.uow, path.incident_id, call.actor, body.value, body.reason)
    return Incident.model_validate(dict(incidents.read(call.uow, path.incident_id, call.actor)))


@api.post(
    f"{_ONE}/move",
    tags=[INCIDENTS],
    responses={200: Incident, **refusals(400, 403, 404, 409, 413, 415)},
)
def move_incident(call: Call, path: IncidentPath, body: Reroute) -> Incident:
    """Let the case go on at another element of its diagram."""
    reroutes.reroute(call.uow, path.incident_id, call.actor, body.to, body.reason)
    return Incident.model_validate(dict(incidents.read(call.uow, path.incident_id, call.actor)))
