"""What is wrong with a form, said when it is deployed: whoever fills it in later can mend nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from jsonschema import Draft202012Validator, SchemaError

from engine.bpmn import Finding
from engine.form_values import MAX_TEXT, longest
from engine.forms import DESTINATIONS, NULLABLE, TONES, WIDGETS, WRITABLE, Form
from engine.patterns import MAX_STEPS, steps

MAX_BYTES = 256 * 1024
MAX_PARTS = 2000
MAX_DEPTH = 30
MAX_FIELDS = 100
MAX_PRIORITY = 1000

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: A form stands for itself: it loads nothing, and says of each field by its name what it is.
_FOREIGN = {"$ref", "$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"}
_NAMELESS = {"patternProperties", "propertyNames"}

#: rule, what is wrong, how to mend it
Problem = tuple[str, str, str]


def parse(path: str, content: bytes) -> tuple[Form | None, list[Finding]]:
    """Read a form, and say everything that is wrong with it."""
    if len(content) > MAX_BYTES:
        return None, [_finding(path, ("form-size", "The form is larger than 256 KB.", "Make it shorter."))]
    try:
        schema = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        line = content[: error.pos].count(b"\n") + 1
        return None, [
            _finding(path, ("form-json", f"This is not JSON: {error.msg}.", "Mend the JSON."), line)
        ]
    problems = list(_unusable(schema))
    if problems:
        return None, [_finding(path, one) for one in problems]
    form = Form(path, schema)
    problems = [*_required(form), *(one for name in form.properties for one in _field(form, name))]
    problems += [one for part, field in _parts(schema) for one in _part(part, field, form.properties)]
    return form, [_finding(path, one) for one in problems]


def _unusable(schema: Any) -> Iterator[Problem]:
    """What makes it no form at all."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        yield "form-object", 'A form has "type": "object".', 'Add "type": "object".'
        return
    # Before anything goes down into it by calls that call themselves.
    if _too_large(schema):
        message = f"The form has more than {MAX_PARTS} parts, or is more than {MAX_DEPTH} deep."
        yield "form-size", message, "Make it simpler."
        return
    if schema.get("$schema", _DIALECT) != _DIALECT:
        yield "form-schema", "The form is of another dialect.", f'Write "$schema": "{_DIALECT}".'
        return
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        yield "form-schema", f"{where}: {error.message[:200]}", "Follow JSON Schema 2020-12."
        return
    if len(schema.get("properties", {})) > MAX_FIELDS:
        yield "form-size", f"The form has more than {MAX_FIELDS} fields.", "Ask for less, or in two steps."
    for name, described in schema.get("properties", {}).items():
        if not isinstance(described, dict):
            yield "form-property", f"{name} is not described by an object.", "Describe it."


def _too_large(schema: Any) -> bool:
    waiting, count = [(schema, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MAX_PARTS or depth > MAX_DEPTH:
            return True
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        waiting += [(one, depth + 1) for one in inner]
    return False


def _parts(schema: Any, field: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every object in a form, with the name of the field that it is about; empty for none or one inside of another."""
    if isinstance(schema, list):
        for one in schema:
            yield from _parts(one, field)
    if not isinstance(schema, dict):
        return
    yield schema, field
    for keyword, inner in schema.items():
        if keyword == "properties" and isinstance(inner, dict):
            for name, described in inner.items():
                yield from _parts(described, "" if field else name)
        elif keyword not in {"const", "enum", "default", "examples"}:
            inside = keyword in {"items", "prefixItems", "contains", "additionalProperties"}
            yield from _parts(inner, "" if inside else field)


def _part(
    part: Mapping[str, Any], field: str, properties: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    for keyword in sorted(part.keys() & _FOREIGN):
        yield "form-ref", f"A form may not refer to other schemas ({keyword}).", "Write the part out."
    for keyword in sorted(part.keys() & _NAMELESS):
        yield "form-names", f"A form names its fields one by one ({keyword}).", "Use properties."
    for keyword in ("x-title", "x-help"):
        texts = part.get(keyword, {})
        if not isinstance(texts, dict) or not all(isinstance(one, str) for one in texts.values()):
            yield "form-text", f"{keyword} has no text in each language.", 'Write {"zh": "…", "en": "…"}.'
    for keyword, known in (("x-widget", WIDGETS), ("x-tone", TONES)):
        if keyword in part and part[keyword] not in known:
            yield "form-widget", f"{keyword} is {part[keyword]!r}.", f"Use one of {', '.join(known)}."
    pattern = part.get("pattern")
    if isinstance(pattern, str):
        yield from _pattern(pattern, longest(properties.get(field, {})))


def _pattern(pattern: str, limit: int) -> Iterator[Problem]:
    try:
        needed = steps(pattern, limit)
    except re.error as error:
        yield "form-pattern", f"{pattern[:80]!r} is no regular expression: {error.msg}.", "Correct it."
        return
    if needed > MAX_STEPS:
        count = "without bound" if math.isinf(needed) else f"{needed:.0e} steps"
        message = f"The pattern {pattern[:80]!r} may take too long on {limit} characters ({count})."
        yield (
            "form-pattern",
            message,
            "Repeat nothing that itself repeats or has choices, or set a smaller maxLength.",
        )


def _required(form: Form) -> Iterator[Problem]:
    for name in form.schema.get("required", ()):
        if name not in form.properties:
            yield "form-required", f"{name} is required, and is no field.", "Add it to properties."


def _field(form: Form, name: str) -> Iterator[Problem]:
    described = form.properties[name]
    if not name.isidentifier() or name.startswith("_") or name == "typename":
        yield "form-name", f"{name} cannot be the name of a field.", "Use letters, digits and _."
    destination = described.get("x-to", "variable")
    if destination not in DESTINATIONS:
        yield "form-to", f"{name}: x-to is {destination!r}.", f"Use one of {', '.join(DESTINATIONS)}."
    if destination == "case":
        yield from _column(name, described)
    if any(not isinstance(one, dict) or "const" not in one for one in described.get("oneOf", ())):
        message = f"{name} has a choice in oneOf that is no value."
        yield "form-choice", message, 'Write each choice as {"const": …, "x-title": …}.'
    kinds = described.get("type", ())
    if "string" in ([kinds] if isinstance(kinds, str) else kinds):
        chosen = {"enum", "const", "oneOf"} & described.keys()
        if not chosen and described.get("maxLength", MAX_TEXT + 1) > MAX_TEXT:
            yield "form-length", f"{name} has no bound.", f"Add a maxLength of {MAX_TEXT} or less."


def _column(name: str, described: Mapping[str, Any]) -> Iterator[Problem]:
    if name not in WRITABLE:
        remedy = f"A form may write: {', '.join(sorted(WRITABLE))}."
        yield "form-column", f"{name} is no column that a form may write.", remedy
        return
    allowed: list[Any] = [WRITABLE[name]]
    if name in NULLABLE:
        allowed += [[WRITABLE[name], "null"], ["null", WRITABLE[name]]]
    if described.get("type") not in allowed:
        message = f"The column {name} takes the type {WRITABLE[name]}."
        yield "form-column", message, f'Write "type": "{WRITABLE[name]}".'
    bounds = (described.get("minimum", -math.inf), described.get("maximum", math.inf))
    if name == "priority" and (bounds[0] < -MAX_PRIORITY or bounds[1] > MAX_PRIORITY):
        message = f"{name} has no bounds."
        yield "form-column", message, f"Add a minimum and a maximum of at most {MAX_PRIORITY}."


def _finding(path: str, problem: Problem, line: int | None = None) -> Finding:
    rule, message, remedy = problem
    return Finding(path, line, None, rule, message, remedy, "error")
