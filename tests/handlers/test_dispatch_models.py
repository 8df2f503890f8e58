"""The city's own lessons: learned every night, put in use where what was learned is no worse, and undone by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update

from engine.actors import SYSTEM, Actor
from engine.case import Case
from engine.command import main
from engine.errors import Forbidden, Invalid, NotFound
from engine.housekeeping import chores
from engine.log import GENESIS
from engine.store import cases, people, units
from engine.store.database import Database
from handlers.dispatch import learned
from handlers.dispatch.learning import city, models, nightly, training
from handlers.dispatch.learning.city import Features
from handlers.dispatch.learning.lessons import Lessons
from handlers.dispatch.learning.model import Model
from handlers.store.dispatch import dispatch_decision
from handlers.store.dispatch_models import dispatch_model
from tests.conftest import MONDAY

COUNT = 500
ALL = ("cleaning", "west", "east")


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    """Some months of closed cases: rubbish goes to one unit, trees to the unit of their side; identifiers of the units."""
    rng = np.random.default_rng(2)
    with database.unit_of_work() as uow:
        found: dict[str, int] = {}
        for code in ("city", *ALL):
            kind = "city" if code == "city" else "department"
            row = {"code": code, "name_zh": code, "name_en": code, "kind": kind}
            found[code] = units.save(
                uow.conn, {**row, "parent_id": found.get("city"), "is_platform": kind == "city"}
            )
        uow.changed("units")
        people.save_role(
            uow.conn, {"code": "admin", "name_zh": "管理员", "name_en": "Admin", "sees": "platform"}
        )
        rows = []
        for number in range(COUNT):
            lon, tree = float(rng.uniform(108.90, 109.00)), bool(rng.random() < 0.6)
            unit = ("west" if lon < 108.95 else "east") if tree else "cleaning"
            at = uow.now - timedelta(hours=2 * (COUNT - number))
            rows.append(
                case_row(found, number, lon, "0404" if tree else "0101")
                | {"status": "closed", "stage": "closed", "unit_id": found[unit], "opened_at": at}
                | {"closed_at": at + timedelta(hours=1)}
            )
        uow.conn.execute(insert(cases.case), rows)
    return found


def case_row(ids: dict[str, int], number: int, lon: float, category: str) -> dict[str, Any]:
    return {
        "platform_id": ids["city"],
        "number": f"20261101{number:06d}",
        "status": "open",
        "stage": "dispatching",
        "channel": "citizen",
        "scheme": "gb30428",
        "kind": "event",
        "category": category,
        "description": "路边有垃圾",
        "address": "",
        "lon": lon,
        "lat": 34.23,
        "log_seq": 0,
        "log_hash": GENESIS,
    }


def features(lon: float, category: str = "0404") -> Features:
    row = case_row({"city": 1}, 1, lon, category) | {"condition_no": None}
    row |= dict.fromkeys(("district_code", "street_code", "community_code"))
    return Features.of({**row, "opened_at": MONDAY})


@pytest.fixture
def trained(database: Database, ids: dict[str, int]) -> nightly.Trained:
    return nightly.train(database, aside=False)


@pytest.fixture
def admin(database: Database, ids: dict[str, int]) -> Actor:
    with database.unit_of_work() as uow:
        person_id = people.save(uow.conn, {"login": "li", "name": "李明", "password_hash": "-"})
        people.grant(uow.conn, person_id, "admin", ids["city"])
        row = people.read(uow.conn, person_id)
    assert row is not None
    return Actor.of(row)


def test_before_anything_was_learned_nothing_is_proposed(database: Database, ids: dict[str, int]) -> None:
    with database.unit_of_work() as uow:
        assert models.active(uow) is None
        assert models.curve(uow) == []


def test_closed_cases_teach_who_handles_what(database: Database, trained: nightly.Trained) -> None:
    with database.unit_of_work() as uow:
        model = models.active(uow)

    assert trained.in_use
    assert model is not None
    best = model.propose(features(108.91), ALL)[0]
    assert best.unit_code == "west"
    assert best.probability > 0.8
    assert best.alike == best.alike_of >= 5


def test_a_case_at_dispatch_is_told_what_was_learned(
    database: Database, ids: dict[str, int], trained: nightly.Trained
) -> None:
    with database.unit_of_work() as uow:
        row = case_row(ids, COUNT + 1, 108.99, "0404") | {"opened_at": uow.now, "condition_no": None}
        document = cases.read(uow.conn, cases.add(uow.conn, row))
        assert document is not None

        found = learned.proposals(Case(uow, document, SYSTEM), None, ALL)

        assert found[0].unit_code == "east"


def test_the_measured_curve_is_there_for_all_and_for_a_category(
    database: Database, trained: nightly.Trained
) -> None:
    with database.unit_of_work() as uow:
        whole, trees = models.curve(uow), models.curve(uow, "gb30428", "event", "0404")

        assert whole[-1].coverage == 1
        assert trees[-1].accuracy > 0.8
        assert models.curve(uow, "gb30428", "event", "9999") == []


def test_a_return_is_a_lesson_against_the_unit(database: Database, ids: dict[str, int]) -> None:
    with database.unit_of_work() as uow:
        values = {"platform_id": ids["city"], "scheme": "gb30428", "kind": "event", "category": "0404"}
        values |= {"unit_id": ids["cleaning"], "how": "person", "candidates": [], "reasons": []}
        case_id = cases.search(uow.conn, cases.case.c.id > 0, limit=1)[0]["id"]
        uow.conn.execute(
            insert(dispatch_decision).values(
                **values, case_id=case_id, at=uow.now, decided_at=uow.now, returned_at=uow.now
            )
        )

        lessons = city.read_lessons(uow)

    assert len(lessons) == COUNT + 1
    against = np.flatnonzero(lessons.signs < 0)
    assert [lessons.codes[unit] for unit in lessons.units[against]] == ["cleaning"]


def test_a_worse_model_does_not_come_into_use(
    database: Database, trained: nightly.Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = training.learn

    def learn_badly(*given: Any) -> Any:
        good = learn(*given)
        return replace(good, model=replace(good.model, slope=-1.0))

    monkeypatch.setattr(nightly, "learn", learn_badly)

    again = nightly.train(database, aside=False)

    assert "worse" in again.reason
    with database.unit_of_work() as uow:
        model = models.active(uow)
        assert model is not None
        assert model.model.slope > 0
        assert model.figures["in_use"]["accuracy"] >= model.figures["new"]["accuracy"]


def test_a_swap_is_listed_and_reversed_and_the_earlier_model_stays(
    database: Database, trained: nightly.Trained, admin: Actor
) -> None:
    second = nightly.train(database, aside=False)
    assert trained.model_id is not None
    with database.unit_of_work() as uow:
        models.use(uow, admin, trained.model_id, "the new one was hasty")
        model = models.active(uow)
        assert model is not None
        assert model.id == trained.model_id

    third = nightly.train(database, aside=False)

    assert not third.in_use
    with database.unit_of_work() as uow:
        model = models.active(uow)
        assert model is not None
        assert model.id == trained.model_id
        assert [row["model_id"] for row in models.uses(uow)] == [
            trained.model_id,
            second.model_id,
            trained.model_id,
        ]
        assert models.uses(uow)[0]["person_name"] == "李明"


def test_a_model_that_is_chosen_while_another_is_learned_stays(
    database: Database, trained: nightly.Trained, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = nightly.make

    def chosen_meanwhile(lessons: Lessons, before: Model | None) -> object:
        with database.unit_of_work() as uow:
            models.use(uow, admin, trained.model_id or 0, "用惯了的", held=True)
        return learn(lessons, before)

    monkeypatch.setattr(nightly, "make", chosen_meanwhile)
    again = nightly.train(database, aside=False)

    assert not again.in_use
    with database.unit_of_work() as uow:
        latest = models.uses(uow)[0]
    assert (latest["model_id"], latest["held"]) == (trained.model_id, True)


def test_a_list_of_models_leaves_out_what_is_long(database: Database, trained: nightly.Trained) -> None:
    with database.unit_of_work() as uow:
        (row,) = models.models(uow)

    assert row["figures"]["new"]["accuracy"] > 0.8
    assert row["figures"].keys().isdisjoint({"categories", "curve"})


def test_who_may_not_set_thresholds_may_not_choose_a_model(
    database: Database, trained: nightly.Trained
) -> None:
    assert trained.model_id is not None
    with database.unit_of_work() as uow, pytest.raises(Forbidden):
        models.use(uow, Actor(None, "nobody"), trained.model_id, "so")


def test_a_model_that_there_is_not_is_refused(
    database: Database, trained: nightly.Trained, admin: Actor
) -> None:
    with database.unit_of_work() as uow, pytest.raises(NotFound):
        models.use(uow, admin, 10**6, "so")


def test_a_model_that_is_no_longer_kept_cannot_come_back(
    database: Database, trained: nightly.Trained, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "KEPT", 1)
    nightly.train(database, aside=False)
    nightly.train(database, aside=False)

    assert trained.model_id is not None
    with database.unit_of_work() as uow, pytest.raises(Invalid):
        models.use(uow, admin, trained.model_id, "so")


def test_content_that_was_changed_is_not_used(database: Database, trained: nightly.Trained) -> None:
    with database.unit_of_work() as uow:
        uow.conn.execute(update(dispatch_model).values(content=b"something else"))
        uow.changed("dispatch_models")

    with database.unit_of_work() as uow:
        assert models.active(uow) is None


def test_learning_apart_gives_what_learning_here_gives(database: Database, ids: dict[str, int]) -> None:
    with database.unit_of_work() as uow:
        lessons = city.read_lessons(uow)

    apart = nightly._aside(lessons, None)

    assert isinstance(apart.model, Model)
    assert apart.model.pack() == nightly.make(lessons, None).model.pack()


def test_it_is_a_chore_of_the_night() -> None:
    assert chores()["learning from past dispatches"] is nightly.learn_nightly


def test_too_little_to_learn_from_is_said_in_one_line(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nightly.train(database, aside=False).model_id is None
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", database.url)

    said = CliRunner().invoke(main, ["dispatch", "train"])

    assert said.exit_code == 2
    assert "too little to learn from" in said.output


def test_models_are_listed_and_chosen_from_the_command_line(
    database: Database, trained: nightly.Trained, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", database.url)
    chosen = ["dispatch", "use", str(trained.model_id), "--by", "li", "--reason", "tried"]

    used, listed = CliRunner().invoke(main, chosen), CliRunner().invoke(main, ["dispatch", "models"])

    assert used.exit_code == 0, used.output
    assert "tried\theld" in listed.output
    assert "learned anew" in listed.output
