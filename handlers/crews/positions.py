"""Where crews are: told by their own people, from the phone page or by a program that acts for them."""

from __future__ import annotations

import math

from engine.actors import Actor
from engine.errors import Forbidden, Invalid, NotFound
from engine.messages import Message
from engine.store.unit_of_work import UnitOfWork
from handlers.crews import handing
from handlers.crews.roster import Member, Roster
from handlers.store import crews


def report(uow: UnitOfWork, actor: Actor, code: str, lon: float, lat: float, source: str) -> None:
    """Keep where a crew is now; only the last position is kept.

    Args:
        code: of the crew.
        lon, lat: in WGS-84 degrees.
        source: "page" or "api".

    Raises:
        NotFound: there is no such crew that the actor may see.
        Forbidden: the actor does not belong to it.
        Invalid: this is no place on earth.
    """
    member = named(uow, actor, code)
    if not belongs(actor, member):
        raise Forbidden(Message("Only who belongs to a crew says where it is."))
    fields = {
        name: Message("Give degrees from %(least)d to %(most)d.", least=-most, most=most)
        for name, value, most in (("lon", lon, 180), ("lat", lat, 90))
        if not math.isfinite(value) or abs(value) > most
    }
    if fields:
        raise Invalid(Message("This is no place on earth."), fields)
    crews.stand(uow.conn, member.id, lon, lat, source, uow.now)


def named(uow: UnitOfWork, actor: Actor, code: str) -> Member:
    """The crew of a code.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    for member in Roster(uow).members.values():
        if member.unit.code == code and (belongs(actor, member) or handing.leads(uow, actor, member.id)):
            return member
    raise NotFound(Message("There is no crew %(code)s that you may see.", code=code))


def belongs(actor: Actor, member: Member) -> bool:
    """Whether a person belongs to a crew: they are a handler at it."""
    return (crews.HANDLER, member.id) in actor.grants
