"""Checks of what a form writes into the case document, where only the city's own data can tell whether it fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actors import unit_tree
from engine.case import Case
from engine.columns import column_check
from engine.errors import Invalid
from engine.messages import Message
from engine.store import cases
from handlers import city
from handlers.dispatch import commanding, goes_by_levels, may_handle


@column_check
def category_exists(case: Case, values: Mapping[str, Any]) -> None:
    """The category is in the catalogue, and the filing condition is one of this category.

    Raises:
        Invalid: names ``category`` or ``condition_no``.
    """
    if not values.keys() & {"kind", "category", "condition_no"}:
        return
    kind, code = values.get("kind", case.kind), values.get("category", case.category)
    found = city.catalogue(case.uow).get(case.scheme, kind, code)
    if found is None:
        raise _invalid("category", unknown_category(case.scheme, kind, code))
    number = values.get("condition_no", case.condition_no)
    if number is None:
        return
    if "condition_no" not in values and (kind, code) != (case.kind, case.category):
        # The number would go on to mean a condition that nobody chose.
        raise _invalid("condition_no", Message("The category changed: choose the filing condition again."))
    if number not in found.standards:
        raise _invalid("condition_no", unknown_condition(number))


@column_check
def unit_may_handle(case: Case, values: Mapping[str, Any]) -> None:
    """The responsible unit exists, does work on the street, and is one that the case's platform may give cases to.

    Raises:
        Invalid: names ``unit_id``.
    """
    unit_id = values.get("unit_id")
    if unit_id is None:
        return
    tree = unit_tree(case.uow)
    unit = tree.by_id.get(unit_id)
    platform_id = commanding(tree, case.platform_id, case.unit_id)
    fits = unit is not None and may_handle(tree, platform_id, unit)
    # Of most units both rules say the same, and nothing needs to be asked for.
    if unit is not None and fits != may_handle(tree, platform_id, unit, levels=False):
        fits = fits == goes_by_levels(case.uow, case.id)
    if not fits:
        message = Message("Choose a department, street or zone of this platform or of the city.")
        raise _invalid("unit_id", message)


@column_check
def similar_case_is_near(case: Case, values: Mapping[str, Any]) -> None:
    """The similar case is another case of the same platform.

    Raises:
        Invalid: names ``similar_id``.
    """
    similar_id = values.get("similar_id")
    if similar_id is None:
        return
    other = None if similar_id == case.id else cases.read(case.uow.conn, similar_id)
    if other is None or other["platform_id"] != case.platform_id:
        raise _invalid(
            "similar_id", Message("There is no other case %(id)s of this platform.", id=similar_id)
        )


def unknown_category(scheme: str, kind: str, code: str) -> Message:
    """What to say of a category that is not in the catalogue."""
    return Message(
        "The catalogue has no category %(kind)s %(code)s in the scheme %(scheme)s: choose one from the list.",
        kind=kind[:40],
        code=code[:40],
        scheme=scheme[:40],
    )


def unknown_condition(number: int) -> Message:
    """What to say of a filing condition that a category does not have."""
    return Message(
        "This category has no filing condition %(number)s: choose one from the list.", number=number
    )


def _invalid(field: str, message: Message) -> Invalid:
    return Invalid(message, {field: message})
