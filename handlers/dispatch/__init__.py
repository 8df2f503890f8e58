"""Dispatch: which unit is responsible for a case, who decides it, and why."""

from handlers.dispatch.facts import facts
from handlers.dispatch.history import goes_by_levels
from handlers.dispatch.steps import Assigned, Suggested, assign, chosen, suggest, take_back
from handlers.dispatch.units import HANDLING_KINDS, choices, commanding, may_handle, responsible_unit

__all__ = [
    "HANDLING_KINDS",
    "Assigned",
    "Suggested",
    "assign",
    "choices",
    "chosen",
    "commanding",
    "facts",
    "goes_by_levels",
    "may_handle",
    "responsible_unit",
    "suggest",
    "take_back",
]
