"""Forms: what a person fills in at a step, as JSON Schema (2020-12) bound to the version of the process.

Besides the standard's keywords a form uses a few of its own, which a plain validator ignores:

``x-title``, ``x-help``
    a text in each language, ``{"zh": …, "en": …}``, on the form, a property or a choice.
``x-to``
    where a value goes: ``variable`` (the diagram decides on it; the default), ``case`` (a column of the case document), ``log``
    (kept in the log only).
``x-widget``
    how it is asked: ``decision`` (a button for each choice), ``textarea``, ``category``, ``condition``, ``unit``; by its type if
    there is none.
``x-tone``
    on a choice: ``primary``, ``plain`` or ``danger``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from engine.errors import Invalid
from engine.form_values import unfit
from engine.messages import Message

DESTINATIONS = ("variable", "case", "log")

#: Columns of the case document that a form may write, with the type of their values.
WRITABLE: Mapping[str, str] = {
    "kind": "string",
    "category": "string",
    "condition_no": "integer",
    "description": "string",
    "address": "string",
    "priority": "integer",
    "unit_id": "integer",
    "similar_id": "integer",
}
#: Of these, the ones that may be empty.
NULLABLE = frozenset({"condition_no", "unit_id", "similar_id"})
WIDGETS = ("decision", "textarea", "category", "condition", "unit")
TONES = ("primary", "plain", "danger")


@dataclass(frozen=True)
class Filled:
    """The values of a form, sorted by where they go."""

    variables: Mapping[str, Any]
    case: Mapping[str, Any]
    log: Mapping[str, Any]

    @property
    def all(self) -> dict[str, Any]:
        """Everything that was filled in."""
        return {**self.log, **self.case, **self.variables}


@dataclass(frozen=True)
class Form:
    """One form of a bundle.

    Attributes:
        path: in the bundle.
        schema: the parsed JSON Schema.
    """

    path: str
    schema: Mapping[str, Any] = field(hash=False)

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(dict(self.schema))

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The fields by name, in order."""
        found: Mapping[str, Mapping[str, Any]] = self.schema.get("properties", {})
        return found

    def fill(self, values: Mapping[str, Any]) -> Filled:
        """Check values and sort them by where they go.

        Raises:
            Invalid: with a message for each field that does not fit.
        """
        errors: dict[str, str] = {
            name: Message("This form has no field %(field)s.", field=name[:100])
            for name in values.keys() - self.properties.keys()
        }
        errors |= unfit(values, self.properties)
        # What is too large is not looked at any closer.
        for error in () if errors else self._validator.iter_errors(dict(values)):
            for name, message in _explain(error, self.properties):
                errors.setdefault(name, message)
        if errors:
            raise Invalid(Message("The form is not complete: see its fields."), errors)
        sorted_values: dict[str, dict[str, Any]] = {name: {} for name in DESTINATIONS}
        for name, value in values.items():
            sorted_values[self.properties[name].get("x-to", "variable")][name] = value
        return Filled(sorted_values["variable"], sorted_values["case"], sorted_values["log"])


def label(described: Mapping[str, Any], language: str, fallback: str = "") -> str:
    """The title of a form, a field or a choice in a language."""
    titles = described.get("x-title", {})
    return str(titles.get(language) or described.get("title") or titles.get("zh") or fallback)


def _explain(error: ValidationError, properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    path = [str(part) for part in error.absolute_path]
    name = path[0] if path else ""
    if error.validator == "required":
        needed, given = cast("list[str]", error.validator_value), cast("dict[str, Any]", error.instance)
        missing = [one for one in needed if one not in given]
        return [(one, Message("Fill this in.")) for one in missing]
    if error.validator in {"additionalProperties", "unevaluatedProperties"}:
        return []
    blank = isinstance(error.instance, str) and not error.instance.strip()
    if blank and error.validator in {"minLength", "pattern"}:
        return [(name, Message("Fill this in."))]
    messages = {
        "minLength": Message("Write at least %(n)s characters.", n=error.validator_value),
        "maxLength": Message("Write at most %(n)s characters.", n=error.validator_value),
        "minimum": Message("Give %(n)s or more.", n=error.validator_value),
        "maximum": Message("Give %(n)s or less.", n=error.validator_value),
        "enum": Message("Choose one of the answers."),
        "oneOf": Message("Choose one of the answers."),
        "const": Message("Choose one of the answers."),
        "type": Message("This must be of the type %(type)s.", type=error.validator_value),
        "pattern": Message("This is not written as it must be."),
    }
    return [(name, messages.get(str(error.validator), Message("This does not fit.")))]
