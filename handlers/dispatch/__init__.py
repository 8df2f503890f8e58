"""Dispatch: which unit is responsible for a case, who decides it, and why."""

from handlers.dispatch.steps import Assigned, assign, take_back
from handlers.dispatch.units import HANDLING_KINDS, choices, may_handle, responsible_unit

__all__ = ["HANDLING_KINDS", "Assigned", "assign", "choices", "may_handle", "responsible_unit", "take_back"]
