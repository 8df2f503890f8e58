"""What is filled in is bounded before a form looks at it, and said in words that help."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest

from engine.errors import Invalid
from engine.form_lint import parse
from engine.form_values import MAX_ITEMS
from engine.forms import Form


def _form(**described: Any) -> Form:
    form, findings = parse(
        "forms/one.json", orjson.dumps({"type": "object", "properties": {"one": described}})
    )
    assert findings == []
    assert form is not None
    return form


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**63,
        -(2**63),
        "\x00",
        "x" * 4001,
        ["a\x00"],
        {"a": {"b": math.nan}},
        {"x" * 4001: 1},
        list(range(MAX_ITEMS + 1)),
        _deep(8),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_no_column_can_hold_is_refused(value: Any) -> None:
    form = _form()

    with pytest.raises(Invalid) as refused:
        form.fill({"one": value})

    assert refused.value.fields.keys() == {"one"}


@pytest.mark.parametrize("value", [2**63 - 1, 0.5, "x" * 4000, [1, 2], {"a": [None, True]}])
def test_everything_else_is_taken(value: Any) -> None:
    assert _form().fill({"one": value}).variables == {"one": value}


def test_a_text_that_is_longer_than_its_field_is_not_matched_with_its_pattern() -> None:
    form = _form(type="string", maxLength=30, pattern="^[a-z]+ [a-z]+$")

    with pytest.raises(Invalid) as refused:
        form.fill({"one": "x" * 31})

    assert refused.value.fields == {"one": "Write at most 30 characters."}


@pytest.mark.parametrize("bound", [{"minLength": 1}, {"minLength": 5}, {"pattern": r"\S"}])
def test_blanks_alone_are_nothing_filled_in(bound: dict[str, Any]) -> None:
    form = _form(type="string", maxLength=100, **bound)

    with pytest.raises(Invalid) as refused:
        form.fill({"one": " \n\t "})

    assert refused.value.fields == {"one": "Fill this in."}
