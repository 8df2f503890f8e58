"""Deployment: the next version whole, or every error with its place and nothing at all."""

from __future__ import annotations

import pytest

from engine import cases, work
from engine.actors import SYSTEM
from engine.bpmn import DiagramError, Finding
from engine.deployment import deploy, read_folder
from engine.store import bundles, work_items
from tests.engine.conftest import DIAGRAMS, Town


def _files(*changes: tuple[str, str, str]) -> dict[str, bytes]:
    files = read_folder(DIAGRAMS)
    for path, old, new in changes:
        text = files[path].decode()
        assert old in text
        files[path] = text.replace(old, new).encode()
    return files


def _errors(town: Town, files: dict[str, bytes]) -> list[Finding]:
    with pytest.raises(DiagramError) as refusal, town.database.unit_of_work() as uow:
        deploy(uow, files, SYSTEM)
    return [finding for finding in refusal.value.findings if finding.severity == "error"]


def _version(town: Town) -> int:
    with town.database.unit_of_work() as uow:
        newest = bundles.latest(uow.conn, "case")
        assert newest is not None
        return int(newest["version"])


def test_the_same_files_are_no_new_version(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        (deployed,) = deploy(uow, _files(), SYSTEM)

    assert (deployed.version, deployed.changed) == (1, False)


def test_a_changed_form_is_a_new_version(town: Town) -> None:
    with town.database.unit_of_work() as uow:
        (deployed,) = deploy(uow, _files(("forms/void.json", "作废", "注销")), SYSTEM)

    assert (deployed.version, deployed.changed) == (2, True)


def test_a_case_under_way_keeps_the_form_it_began_with(town: Town) -> None:
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        deploy(uow, _files(("forms/accept.json", '"accept"', '"take"')), SYSTEM)

    with town.database.unit_of_work() as uow:
        work.complete(uow, town.waiting(opened.id), town.acceptor, {"decision": "accept"})

    with town.database.unit_of_work() as uow:
        (item,) = work_items.open_of_case(uow.conn, opened.id)
    assert item["element_id"] == "handle"


@pytest.mark.parametrize(
    ("path", "old", "new", "rule"),
    [
        ("two_steps.bpmn", 'value="forms/void.json"', 'value="forms/gone.json"', "form-missing"),
        ("two_steps.bpmn", 'name="limit" value="0.5"', 'name="limit" value="soon"', "limit-number"),
        ("two_steps.bpmn", 'value="work_hour"', 'value="fortnight"', "limit-unit"),
        ("two_steps.bpmn", 'name="outcome" value="void"', 'name="outcome" value="gone"', "outcome-unknown"),
        ("two_steps.bpmn", 'name="受理员"', 'name="市长"', "role-unknown"),
        ("two_steps.bpmn", 'value="acceptor, shift_leader"', 'value="mayor"', "role-unknown"),
        (
            "two_steps.bpmn",
            'name="roles" value="acceptor, shift_leader"',
            'name="roles" value=""',
            "action-roles",
        ),
        ("two_steps.bpmn", 'name="photos" value="optional"', 'name="photos" value="many"', "photos-unknown"),
        ("forms/void.json", '"type": "object"', '"type": "thing"', "form-object"),
        ("forms/void.json", '"maxLength": 200, ', "", "form-length"),
        ("forms/void.json", '"x-to": "log"', '"x-to": "nowhere"', "form-to"),
        ("forms/void.json", '"x-to": "log"', '"x-to": "case"', "form-column"),
        ("forms/void.json", "]}", "]", "form-json"),
    ],
)
def test_an_error_is_told_and_nothing_is_deployed(
    town: Town, path: str, old: str, new: str, rule: str
) -> None:
    errors = _errors(town, _files((path, old, new)))

    assert [(error.file, error.rule) for error in errors] == [(path, rule)]
    assert _version(town) == 1


def test_an_error_names_the_line_of_its_element(town: Town) -> None:
    (error,) = _errors(
        town, _files(("two_steps.bpmn", 'name="outcome" value="void"', 'name="outcome" value="gone"'))
    )

    text = read_folder(DIAGRAMS)["two_steps.bpmn"].decode().splitlines()
    assert error.line is not None
    assert 'id="voided"' in text[error.line - 1]


def test_every_error_of_a_bundle_is_told_at_once(town: Town) -> None:
    changes = (
        ("forms/void.json", '"x-to": "log"', '"x-to": "nowhere"'),
        ("forms/accept.json", '"x-to": "log"', '"x-to": "nowhere"'),
    )

    assert {error.file for error in _errors(town, _files(*changes))} == {
        "forms/void.json",
        "forms/accept.json",
    }


def test_hostile_xml_is_refused(town: Town) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'

    errors = _errors(town, {**_files(), "two_steps.bpmn": bomb})

    assert errors
    assert _version(town) == 1


def test_a_case_is_viewed_with_the_diagram_on_which_it_runs(town: Town) -> None:
    opened = town.opened()
    with town.database.unit_of_work() as uow:
        deploy(uow, _files(("two_steps.bpmn", 'name="Two steps"', 'name="Three steps"')), SYSTEM)

    with town.database.unit_of_work() as uow:
        assert "Two steps" in cases.diagram_of(uow, opened.id, town.acceptor)
