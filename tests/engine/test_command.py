"""The command collects what the packages offer and answers a refusal in one line."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import engine.command
from engine.command import Collector

MODULE = '''
"""Subcommands of a foreign package."""
import click
from engine.errors import Invalid

@click.command()
def count() -> None:
    """Count the lamps. Nothing else is counted."""
    click.echo("3 lamps")

@click.command()
def refuse() -> None:
    """Refuse."""
    raise Invalid("street is unknown: choose one of the list")

@click.command()
def fail() -> None:
    """Fail."""
    raise ZeroDivisionError

number = 7
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "lamps.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lamps", raising=False)
    return "lamps"


def _offer(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    offered = [EntryPoint(name, value, engine.command.GROUP) for name, value in points]
    monkeypatch.setattr(engine.command, "entry_points", lambda group: offered)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(Collector("gridcase", no_args_is_help=True), arguments)


def test_subcommand_of_a_foreign_package_runs(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, ("count", f"{module}:count"))

    result = _run("count")

    assert (result.exit_code, result.stdout) == (0, "3 lamps\n")


def test_help_shows_first_sentence_without_importing(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, ("count", f"{module}:count"))

    result = _run("--help")

    assert "count  Count the lamps.\n" in result.stdout
    assert module not in sys.modules


def test_missing_module_does_not_hide_the_others(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, ("broken", "lamps_of_nowhere:run"), ("count", f"{module}:count"))

    result = _run("--help")

    assert "broken  (cannot be loaded: no module lamps_of_nowhere)\n" in result.stdout
    assert "count   Count the lamps.\n" in result.stdout


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("lamps_of_nowhere:run", "cannot be loaded: No module named 'lamps_of_nowhere'"),
        ("lamps:nothing", "cannot be loaded: module 'lamps' has no attribute 'nothing'"),
        ("lamps:number", "is no click command."),
    ],
)
def test_what_cannot_be_loaded_says_so_in_one_line(
    module: str, monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    _offer(monkeypatch, ("broken", value))

    result = _run("broken")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert reason in result.stderr


def test_two_offers_of_one_name_are_refused(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, ("count", f"{module}:count"), ("count", f"{module}:refuse"))

    result = _run("count")

    assert result.exit_code == 1
    assert "'count' is offered by" in result.stderr


def test_refusal_is_one_line_and_exit_code_2(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, ("refuse", f"{module}:refuse"))

    result = _run("refuse")

    assert (result.exit_code, result.stderr) == (2, "Error: street is unknown: choose one of the list\n")


def test_a_fault_of_ours_keeps_its_traceback(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, ("fail", f"{module}:fail"))

    result = _run("fail")

    assert isinstance(result.exception, ZeroDivisionError)


def test_unknown_subcommand_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch)

    result = _run("nothing")

    assert result.exit_code == click.UsageError.exit_code
    assert "No such command 'nothing'" in result.stderr
