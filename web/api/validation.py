"""Validation: what the models of a request say about it, in sentences that can be translated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.messages import Message
from web.api.problems import Refusal

_MAX_ERRORS = 50

_TYPES: Mapping[str, str] = {
    "string_type": "string",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "bool_type": "boolean",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
}


def refusal_of(errors: Iterable[ValidationError]) -> Refusal:
    """The refusal for everything that did not fit, at most `_MAX_ERRORS` fields of it."""
    fields: dict[str, str] = {}
    for error in errors:
        for one in error.errors(include_url=False, include_input=False):
            fields.setdefault(_path(one), _message(one))
    shown = dict(list(fields.items())[:_MAX_ERRORS])
    return Refusal(422, Message("The request does not fit: see its fields."), shown)


def _path(error: ErrorDetails) -> str:
    return ".".join(str(part)[:80] for part in error["loc"])


def _message(error: ErrorDetails) -> Message:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _TYPES:
        return Message("This must be of the type %(type)s.", type=_TYPES[kind])
    return _bound(kind, context)


def _bound(kind: str, context: Mapping[str, Any]) -> Message:
    match kind:
        case "missing":
            return Message("Fill this in.")
        case "extra_forbidden":
            return Message("There is no such field.")
        case "string_too_short":
            return Message("Write at least %(n)s characters.", n=context["min_length"])
        case "string_too_long":
            return Message("Write at most %(n)s characters.", n=context["max_length"])
        case "too_long":
            return Message("Give at most %(n)s.", n=context["max_length"])
        case "greater_than_equal":
            return Message("Give %(n)s or more.", n=context["ge"])
        case "less_than_equal":
            return Message("Give %(n)s or less.", n=context["le"])
        case "literal_error":
            return Message("Use one of %(known)s.", known=context["expected"].replace(" or ", ", "))
        case "file":
            return Message("Send a file in this field.")
        case "string_pattern_mismatch":
            return Message("This is not written as it must be.")
    return Message("This does not fit.")
