"""What past dispatches teach: the unit, how probable it is, and how many cases like it say so."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.dispatch.learning import contexts, evaluation, tables
from handlers.dispatch.learning.lessons import Cases, Inputs, Lessons
from handlers.dispatch.learning.measuring import Outcome
from handlers.dispatch.learning.model import Model, UnreadableModel
from handlers.dispatch.learning.training import Learned, TooFewLessons, learn
from tests.handlers.made_lessons import INPUTS, NOISE, lessons

WHOLE = lessons()
CUT = 900


@pytest.fixture(scope="module")
def learned() -> Learned:
    return learn(WHOLE.part(0, CUT), INPUTS, 0.97)


@pytest.fixture(scope="module")
def model(learned: Learned) -> Model:
    return learned.model


def _case(category: str, lon: float, text: str = "电缆外露 7") -> Cases:
    values = {"category": [category], "channel": ["citizen"], "text": [text]}
    return Cases(np.array([15009.5]), values, np.array([lon]), np.array([34.23]))


def test_the_place_says_which_unit_it_is(model: Model) -> None:
    assert model.propose(_case("parking", 108.91))[0].unit_code == "parking-west"
    assert model.propose(_case("parking", 108.99))[0].unit_code == "parking-east"


def test_the_text_says_which_unit_it_is(model: Model) -> None:
    assert model.propose(_case("lamp", 108.93, "路灯不亮 12"))[0].unit_code == "lighting"
    assert model.propose(_case("lamp", 108.93, "电缆外露 7"))[0].unit_code == "power"


def test_it_is_right_nearly_as_often_as_anybody_could_be(model: Model) -> None:
    figures = Outcome.of(model, WHOLE.part(CUT, len(WHOLE))).figures(model.threshold)

    assert figures["accuracy"] > 1 - NOISE - 0.03
    assert figures["calibration_error"] < 0.05


def test_what_is_automatic_is_right_about_as_often_as_was_wanted(model: Model) -> None:
    figures = Outcome.of(model, WHOLE.part(CUT, len(WHOLE))).figures(model.threshold)

    assert figures["coverage"] > 0.3
    assert figures["accuracy_when_automatic"] > 0.96


def test_similar_cases_are_counted_as_the_reason(model: Model) -> None:
    found = model.propose(_case("rubbish", 108.91))[0]

    assert found.unit_code == "cleaning"
    assert found.alike == found.alike_of >= 5
    assert found.alike_in[0] == "category"


def test_only_units_that_may_have_the_case_are_proposed(model: Model) -> None:
    found = model.propose(_case("parking", 108.91), {"parking-east", "cleaning", "unknown"})

    assert {one.unit_code for one in found} == {"parking-east", "cleaning"}
    assert model.propose(_case("parking", 108.91), {"unknown"}) == []


def test_a_category_never_seen_is_no_certainty(model: Model) -> None:
    assert model.propose(_case("meteorite", float("nan"), ""))[0].probability < model.threshold


def test_a_model_comes_back_as_it_was_kept(model: Model) -> None:
    case = _case("tree", 108.92)

    assert Model.unpack(model.pack()).propose(case) == model.propose(case)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x80\x04\x95 a pickle"])
def test_what_is_no_model_is_not_read(content: bytes) -> None:
    with pytest.raises(UnreadableModel):
        Model.unpack(content)


def test_nothing_is_learned_from_what_came_later(model: Model) -> None:
    late = WHOLE.part(CUT, len(WHOLE))
    turned = np.concatenate((WHOLE.units[:CUT], late.units[::-1]))

    again = evaluation.evaluate(replace(WHOLE, units=turned), INPUTS, 0.97).learned.model

    cut = int(len(WHOLE) * evaluation.LEARNED)
    assert again.pack() == learn(WHOLE.part(0, cut), INPUTS, 0.97).model.pack()


def test_a_return_speaks_against_a_unit_and_never_for_it() -> None:
    values = {"category": ["tree"] * 3, "channel": [""] * 3, "text": [""] * 3}
    cases = Cases(np.full(3, 15000.0), values, np.full(3, 108.9), np.full(3, 34.2))
    told = Lessons.of(cases, ["wrong", "wrong", "right"], [1, -1, 1])
    standing = contexts.standing(INPUTS, cases, 34.2)

    counted = tables.count(standing, told, 15000.0)

    shares, _ = counted.shares(standing.keys[:1, 1], np.full((1, 2), 0.5, dtype=np.float32))
    assert shares[0, told.codes.index("right")] > shares[0, told.codes.index("wrong")]
    assert (counted.weights > 0).all()


def test_late_cases_count_more_than_early_ones() -> None:
    values = {"category": ["tree"] * 2, "channel": [""] * 2, "text": [""] * 2}
    days = np.array([15000.0 - tables.HALF_LIFE, 15000.0])
    cases = Cases(days, values, np.full(2, 108.9), np.full(2, 34.2))
    told = Lessons.of(cases, ["before", "now"])
    standing = contexts.standing(INPUTS, cases, 34.2)

    counted = tables.count(standing, told, 15000.0)

    assert sorted(set(counted.weights.tolist())) == [0.5, 1.0]


def test_too_few_lessons_teach_nothing() -> None:
    with pytest.raises(TooFewLessons):
        learn(WHOLE.part(0, 150), INPUTS)


def test_a_threshold_needs_more_than_a_handful_of_cases() -> None:
    few = Outcome(np.linspace(0.9, 1, 20), np.ones(20, bool), np.ones(20, bool), ("a",) * 20)
    many = Outcome(np.linspace(0.9, 1, 2000), np.ones(2000, bool), np.ones(2000, bool), ("a",) * 2000)

    assert few.threshold(0.995) > 1
    assert many.threshold(0.995) == pytest.approx(0.9)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.5, 0.5001, 0.9, 0.99]), st.booleans()), min_size=1, max_size=80
    )
)
@settings(max_examples=25, deadline=None)
def test_the_curve_says_what_the_threshold_does(seen: list[tuple[float, bool]]) -> None:
    sure, right = np.array([one for one, _ in seen]), np.array([one for _, one in seen])
    outcome = Outcome(sure, right, right, ("a",) * len(seen))

    for point in outcome.curve():
        figures = outcome.figures(point.threshold)
        assert point.coverage == pytest.approx(figures["coverage"])
        assert point.accuracy == pytest.approx(figures["accuracy_when_automatic"])


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_any_text_stands_in_some_contexts(texts: list[str]) -> None:
    inputs = Inputs("category", (), ("text",))
    count = len(texts)
    values = {"category": texts, "text": texts}
    cases = Cases(np.zeros(count), values, np.full(count, np.nan), np.full(count, np.nan))

    whole = contexts.standing(inputs, cases, 34.0)

    one = contexts.standing(inputs, cases.part(count - 1, count), 34.0)
    assert (whole.part(count - 1, count).keys == one.keys).all()
    assert (whole.part(count - 1, count).words == one.words).all()


def test_who_only_proposes_loads_no_scikit_learn() -> None:
    told = (
        "import sys, handlers.dispatch.learning.nightly; print({'sklearn', 'matplotlib'} & set(sys.modules))"
    )

    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert said.stdout == "set()\n"


def test_what_was_never_automatic_has_no_accuracy() -> None:
    outcome = Outcome(np.array([0.4, 0.6]), np.array([True, False]), np.array([True, True]), ("a", "b"))

    figures = outcome.figures(threshold=0.9)

    assert (figures["coverage"], figures["accuracy_when_automatic"]) == (0.0, None)
