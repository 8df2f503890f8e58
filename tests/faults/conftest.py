"""A whole installation whose processes can be killed; how long the tests of faults are; and their summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tests.installation import Installation, installed

#: Of a test's report: what it counted, for the summary.
FAULT = "fault"


@dataclass(frozen=True)
class Lengths:
    """How long the tests of faults are.

    Attributes:
        kills: of processes under load.
        cuts: of connections in mid-commit.
        restarts: of PostgreSQL in mid-load.
        examples: of random diagrams that random commands are tried on; None for the few that are always the same.
    """

    kills: int
    cuts: int
    restarts: int
    examples: int | None


SHORT, LONG = Lengths(20, 80, 2, None), Lengths(500, 300, 10, 300)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the tests of faults in their long form")
    parser.addoption("--kills", type=int, help="how often processes are killed under load")
    parser.addoption("--examples", type=int, help="how many random diagrams random commands are tried on")
    parser.addoption("--seed", type=int, help="of what is killed and cut when")


@pytest.fixture(scope="session")
def lengths(pytestconfig: pytest.Config) -> Lengths:
    """How long the tests are this time."""
    chosen = LONG if pytestconfig.getoption("--long", False) else SHORT
    asked = {name: pytestconfig.getoption(f"--{name}", None) for name in ("kills", "examples")}
    return replace(chosen, **{name: number for name, number in asked.items() if number is not None})


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """From which all chance of a test comes."""
    return int(pytestconfig.getoption("--seed", None) or 20261123)


Tell = Callable[[str], None]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Tell the summary what a test counted."""
    return lambda said: record_property(FAULT, said)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each fault, with its counts."""
    if not terminalreporter.config.getoption("--long", False):
        return
    terminalreporter.section("faults")
    reports = [
        one for kind in ("passed", "failed", "skipped", "error") for one in terminalreporter.getreports(kind)
    ]
    failed = {one.nodeid.split("::")[0] for one in reports if one.failed}
    for report in reports:
        for name, said in getattr(report, "user_properties", ()):
            if name == FAULT:
                verdict = "FAILED" if report.nodeid.split("::")[0] in failed else "held"
                terminalreporter.write_line(f"{verdict}: {said}")
        if report.skipped:
            terminalreporter.write_line(f"skipped: {report.nodeid}: {report.longrepr[2]}")


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """An installation of this test process alone."""
    with installed() as one:
        yield one
