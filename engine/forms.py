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

import orjson
from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import ValidationError

from engine.bpmn import Finding
from engine.errors import Invalid
from engine.messages import Message

MAX_BYTES = 256 * 1024
MAX_TEXT = 4000
DESTINATIONS = ("variable", "case", "log")

#: Columns of the case document that a form may write.
WRITABLE = frozenset(
    {"kind", "category", "condition_no", "description", "address", "priority", "unit_id", "similar_id"}
)


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
        errors: dict[str, str] = {}
        for error in self._validator.iter_errors(dict(values)):
            for name, message in _explain(error, self.properties):
                errors.setdefault(name, message)
        for name in values.keys() - self.properties.keys():
            errors[name] = Message("This form has no field %(field)s.", field=name)
        for name, value in values.items():
            if isinstance(value, str) and name in self.properties and "\x00" in value:
                errors[name] = Message("Remove the characters that cannot be shown.")
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
    messages = {
        "minLength": Message("Fill this in.")
        if error.validator_value == 1
        else Message("Write at least %(n)s characters.", n=error.validator_value),
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


def parse(path: str, content: bytes) -> tuple[Form | None, list[Finding]]:
    """Read a form, and say everything that is wrong with it."""
    if len(content) > MAX_BYTES:
        return None, [_finding(path, "form-size", "The form is larger than 256 KB.", "Make it shorter.")]
    try:
        schema = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        line = content[: error.pos].count(b"\n") + 1
        return None, [_finding(path, "form-json", f"This is not JSON: {error.msg}.", "Mend the JSON.", line)]
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return None, [_finding(path, "form-object", 'A form has "type": "object".', 'Add "type": "object".')]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        return None, [
            _finding(path, "form-schema", f"{where}: {error.message[:200]}", "Follow JSON Schema 2020-12.")
        ]
    findings = [
        found for name, one in schema.get("properties", {}).items() for found in _check(path, name, one)
    ]
    if "$ref" in content.decode(errors="replace"):
        findings.append(
            _finding(path, "form-ref", "A form may not refer to other schemas.", "Write the part out.")
        )
    return Form(path, schema), findings


def _check(path: str, name: str, described: Any) -> list[Finding]:
    if not isinstance(described, dict):
        return [_finding(path, "form-property", f"{name} is not described by an object.", "Describe it.")]
    findings = []
    if not name.isidentifier() or name.startswith("_") or name == "typename":
        findings.append(
            _finding(
                path, "form-name", f"{name} cannot be the name of a field.", "Use letters, digits and _."
            )
        )
    destination = described.get("x-to", "variable")
    if destination not in DESTINATIONS:
        findings.append(
            _finding(
                path, "form-to", f"{name}: x-to is {destination!r}.", f"Use one of {', '.join(DESTINATIONS)}."
            )
        )
    if destination == "case" and name not in WRITABLE:
        remedy = f"A form may write: {', '.join(sorted(WRITABLE))}."
        findings.append(_finding(path, "form-column", f"{name} is no column that a form may write.", remedy))
    chosen = {"enum", "const", "oneOf"} & described.keys()
    if (
        described.get("type") == "string"
        and not chosen
        and described.get("maxLength", MAX_TEXT + 1) > MAX_TEXT
    ):
        findings.append(
            _finding(path, "form-length", f"{name} has no bound.", f"Add a maxLength of {MAX_TEXT} or less.")
        )
    return findings


def _finding(path: str, rule: str, message: str, remedy: str, line: int | None = None) -> Finding:
    return Finding(
        file=path, line=line, element_id=None, rule=rule, message=message, remedy=remedy, severity="error"
    )
