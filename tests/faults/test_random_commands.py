"""Random commands over random small diagrams do what a simple model says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.clock import SteppedClock
from tests.engine.background import Sender
from tests.engine.conftest import Town, rules, town  # noqa: F401 - fixtures
from tests.faults.conftest import Lengths, Tell
from tests.faults.machine import Commands, Tally

pytestmark = pytest.mark.timeout(3600)

EXAMPLES, COMMANDS = 20, 40


def test_random_commands_do_what_the_model_says(
    town: Town,  # noqa: F811 - the fixture
    clock: SteppedClock,
    lengths: Lengths,
    tell: Tell,
) -> None:
    sender = Sender()
    sender.register(retries=0)
    tally = Tally()

    class Here(Commands):
        pass

    Here.town, Here.clock, Here.sender, Here.tally = town, clock, sender, tally
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=lengths.examples or EXAMPLES,
            stateful_step_count=COMMANDS,
            derandomize=lengths.examples is None,
            database=None,
            # To find the smallest example that fails takes minutes: the long form has them.
            phases=[Phase.generate] if lengths.examples is None else [Phase.generate, Phase.shrink],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    tell(
        f"random commands: {tally.diagrams} random diagrams, {tally.cases} cases ({tally.closed} to their end), "
        f"{tally.states} states compared with the model"
    )
    assert tally.diagrams >= EXAMPLES
    assert 0 < tally.closed < tally.cases
