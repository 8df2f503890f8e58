"""The caller, and what the other addresses refer to."""

from __future__ import annotations

from engine.actors import unit_tree
from handlers.city import catalogue
from web.api.answers import Categories, Category, Grant, Me, Titles
from web.api.blueprint import REFERENCE, api
from web.api.callers import Call
from web.api.requests import CategoriesQuery


@api.get("/me", tags=[REFERENCE], responses={200: Me})
def me(call: Call) -> Me:
    """The person for whom the token stands, with the roles that they hold."""
    tree, caller = unit_tree(call.uow), call.caller
    grants = [
        Grant(
            role=role,
            unit_id=unit_id,
            unit_code=tree[unit_id].code,
            unit_name=Titles(zh=tree[unit_id].name_zh, en=tree[unit_id].name_en),
        )
        for role, unit_id in sorted(caller.actor.grants)
    ]
    return Me(id=caller.id, login=caller.login, name=caller.name, language=caller.language, grants=grants)


@api.get("/categories", tags=[REFERENCE], responses={200: Categories})
def categories(call: Call, query: CategoriesQuery) -> Categories:
    """The catalogue: every category with its filing conditions and their limits."""
    found = [
        {**vars(one), "standards": [vars(standard) for standard in one.standards.values()]}
        for one in catalogue(call.uow).categories.values()
        if query.kind in ("", one.kind)
    ]
    return Categories(items=[Category.model_validate(one) for one in found])
