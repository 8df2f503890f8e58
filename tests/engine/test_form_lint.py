"""A form that would hurt the program, or break a page that shows it, is refused when it is deployed."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from engine.form_lint import MAX_FIELDS, parse
from engine.patterns import MAX_STEPS, steps


def _rules(schema: Any) -> set[str]:
    form, findings = parse("forms/one.json", schema if isinstance(schema, bytes) else orjson.dumps(schema))
    assert form is not None or findings
    return {one.rule for one in findings}


def _field(**described: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"one": described}}


def _text(**described: Any) -> dict[str, Any]:
    return _field(type="string", maxLength=100, **described)


def _deep(opening: bytes, closing: bytes, levels: int) -> bytes:
    inner = opening * levels + b"{}" + closing * levels
    return b'{"type": "object", "properties": {"one": ' + inner + b"}}"


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        (_text(**{"$ref": "http://127.0.0.1/x"}), "form-ref"),
        (rb'{"type":"object","properties":{"one":{"\u0024ref":"http://127.0.0.1/x"}}}', "form-ref"),
        (_text(**{"$dynamicRef": "http://127.0.0.1/x"}), "form-ref"),
        ({"type": "object", "if": {"$id": "http://127.0.0.1/x"}}, "form-ref"),
        ({"type": "object", "$schema": "http://127.0.0.1/x"}, "form-schema"),
        ({"type": "object", "propertyNames": {"maxLength": 3}}, "form-names"),
        ({"type": "object", "patternProperties": {"a": {}}}, "form-names"),
        ({"type": "object", "required": ["one"]}, "form-required"),
        ({"type": "object", "properties": {f"a{n}": {} for n in range(MAX_FIELDS + 1)}}, "form-size"),
        (_deep(b'{"not": ', b"}", 900), "form-size"),
        (_deep(b'{"allOf": [', b"]}", 400), "form-size"),
        (_field(anyOf=[{"type": "integer"}] * 3000), "form-size"),
        (_text(pattern="["), "form-schema"),
        (_text(pattern="^(a+)+$"), "form-pattern"),
        ({"type": "object", "allOf": [{"if": _text(pattern="(a|b)*c")}]}, "form-pattern"),
        (_text(**{"x-title": "Reason"}), "form-text"),
        (_text(**{"x-help": {"zh": 5}}), "form-text"),
        (_text(**{"x-widget": ["unit"]}), "form-widget"),
        (_field(oneOf=[{"const": "a", "x-tone": "loud"}]), "form-widget"),
        (_field(oneOf=[True]), "form-choice"),
        ({"type": "object", "properties": {"kind": {"type": "integer", "x-to": "case"}}}, "form-column"),
        (
            {"type": "object", "properties": {"kind": {"type": ["string", "null"], "x-to": "case"}}},
            "form-column",
        ),
        ({"type": "object", "properties": {"priority": {"type": "integer", "x-to": "case"}}}, "form-column"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_form_that_would_hurt_is_refused(schema: Any, rule: str) -> None:
    assert rule in _rules(schema)


@pytest.mark.parametrize(
    "schema",
    [
        _text(pattern=r"\S"),
        _text(pattern=r"^1\d{10}$|^0\d{2,3}-?\d{7,8}$"),
        _text(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$"),
        _text(pattern=r"^(\d{3},)*\d$"),
        {
            "type": "object",
            "properties": {
                "priority": {"type": "integer", "minimum": 0, "maximum": 9, "x-to": "case"},
                "unit_id": {"type": ["integer", "null"], "x-to": "case", "x-widget": "unit"},
                "one": {"oneOf": [{"const": "a", "x-title": {"zh": "甲"}, "x-tone": "danger"}]},
            },
            "required": ["one"],
        },
    ],
)
def test_a_form_that_does_not_is_taken(schema: Any) -> None:
    assert _rules(schema) == set()


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a?){30}a{30}$", "(x*)*y", "^(a|b|ab)*c$", "a*a*a*a*b"]
)
def test_a_pattern_with_too_many_ways_is_known(pattern: str) -> None:
    assert steps(pattern, 100) > MAX_STEPS


@pytest.mark.parametrize(
    "pattern", [r"^[^@\s]+@[^@\s]+\.[a-z]+$", r"\s+$", r"^\d*\d*\d*x$", r"(?=.*a)(?=.*b).+z"]
)
def test_a_pattern_that_is_taken_is_quick_on_its_worst_texts(pattern: str) -> None:
    import re

    length = max(n for n in (10, 50, 100, 200, 500, 1000) if steps(pattern, n) <= MAX_STEPS)
    worst = ["a" * length, "1" * length, " " * (length - 1) + "x", "a@" * (length // 2), "ab" * (length // 2)]

    began = time.process_time()
    for text in worst:
        re.search(pattern, text)

    # A pattern that backtracks takes hours.
    assert time.process_time() - began < 10
