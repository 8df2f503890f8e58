"""``gridcase dispatch``: what past dispatches teach, measured on past cases, and the models learned from the city's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from engine.errors import Invalid
from engine.messages import Message


@click.group()
def dispatch() -> None:
    """Learn from past dispatches which unit will handle a case, and look after what was learned."""


@dispatch.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--time", "time_column", required=True, metavar="COLUMN", help="When a case was reported.")
@click.option("--target", required=True, metavar="COLUMN", help="Who handled it: what is to be found out.")
@click.option(
    "--input", "inputs", multiple=True, metavar="COLUMN", help="Known when it was reported; may be repeated."
)
@click.option(
    "--text", "texts", multiple=True, metavar="COLUMN", help="An input of many values, in which words count."
)
@click.option(
    "--lon", metavar="COLUMN", help="Degrees east; an input called longitude, lon or lng by default."
)
@click.option("--lat", metavar="COLUMN", help="Degrees north; an input called latitude or lat by default.")
@click.option("--main", metavar="COLUMN", help="The input within which all others are looked at.")
@click.option(
    "--accuracy",
    "wanted",
    default=0.995,
    show_default=True,
    type=click.FloatRange(0.5, 1, max_open=True),
    help="How much of what is automatic shall be right.",
)
@click.option(
    "--curve", type=click.Path(path_type=Path, dir_okay=False), help="Write the whole curve as JSON."
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the curve as a PNG.")
def evaluate(
    file: Path,
    time_column: str,
    target: str,
    inputs: tuple[str, ...],
    texts: tuple[str, ...],
    wanted: float,
    curve: Path | None,
    plot: Path | None,
    **columns: str | None,
) -> None:
    """Learn from the first 70 % of past cases, and measure on the last 30 %.

    FILE is a CSV file, or a zip archive that holds one. The threshold is chosen on the last 15 % of what is learned from.
    Prints one JSON object.
    """
    # What is needed from here on takes a second to import.
    from handlers.dispatch.learning import evaluation, reading

    for path in (curve, plot):
        if path is not None and not path.parent.is_dir():
            raise Invalid(Message("There is no folder %(folder)s.", folder=str(path.parent)))
    told = reading.Columns(time_column, target, inputs, texts, columns["lon"], columns["lat"])
    main = columns["main"]
    if main is not None and main not in inputs:
        raise Invalid(Message("%(column)s must be named with --input, too.", column=main))
    past = reading.read(file, told)
    learned_rows = int(len(past.lessons) * evaluation.LEARNED)
    roles = reading.roles(past, texts, main, learned_rows)
    found = evaluation.evaluate(past.lessons, roles, wanted)
    if curve is not None:
        curve.write_text(json.dumps(found.curve(), indent=1) + "\n", "utf-8")
    if plot is not None:
        evaluation.plot(found, plot)
    click.echo(json.dumps(_told(found.figures(), past, roles, found.categories()), ensure_ascii=False))


def _told(figures: dict[str, Any], past: Any, roles: Any, categories: dict[str, Any]) -> dict[str, Any]:
    """What is printed, numbers to four places."""
    whole: dict[str, Any] = {
        **figures,
        "roles": {"main": roles.main, "kinds": roles.kinds, "texts": roles.texts, "place": past.place},
        "categories": categories,
    }
    rounded: dict[str, Any] = json.loads(
        json.dumps(whole, ensure_ascii=False), parse_float=lambda digits: round(float(digits), 4)
    )
    return rounded


@dispatch.command()
def train() -> None:
    """Learn from the city's closed cases now, as every night.

    The new model is measured on the latest weeks against the one in use, and takes its place if it is no worse.
    """
    from engine.commands.opened import opened_database
    from handlers.dispatch.learning import nightly

    with opened_database() as database:
        done = nightly.train(database)
    if done.model_id is None:
        raise Invalid(Message("There is too little to learn from: %(problem)s.", problem=done.reason))
    click.echo(f"model {done.model_id}\t{'in use' if done.in_use else 'not in use'}\t{done.reason}")


@dispatch.command()
def models() -> None:
    """List the models that were learned, the newest first, and the swaps from one to another."""
    from engine.commands.opened import opened_unit_of_work
    from handlers.dispatch.learning import models as learned

    with opened_unit_of_work() as uow:
        found, swaps = learned.models(uow), learned.uses(uow)
        zone = uow.database.time_zone
    for row in found:
        new = row["figures"].get("new", {})
        figures = "\t".join(f"{name} {new[name]:.4f}" for name in _LISTED if new.get(name) is not None)
        mark = "*" if row["used"] else " " if row["kept"] else "-"
        at = row["trained_at"].astimezone(zone)
        click.echo(f"{mark} {row['id']}\t{at:%Y-%m-%d %H:%M}\t{row['lessons']} lessons\t{figures}")
    for row in swaps:
        by = row["person_name"] or "system"
        held = "\theld" if row["held"] else ""
        at = row["at"].astimezone(zone)
        click.echo(f"{at:%Y-%m-%d %H:%M}\tmodel {row['model_id']}\t{by}\t{row['reason']}{held}")


_LISTED = ("accuracy", "coverage", "accuracy_when_automatic", "calibration_error")


@dispatch.command()
@click.argument("model_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--by", "login", required=True, metavar="LOGIN", help="Who decides it: supervisor or admin.")
@click.option("--reason", required=True, help="Why; the list of swaps keeps it.")
@click.option(
    "--let-go", is_flag=True, help="The next better model may follow it; without this it stays until told."
)
def use(model_id: int, login: str, reason: str, let_go: bool) -> None:
    """Let model ID propose from now on: an earlier one again, or the newest."""
    from engine.actors import Actor
    from engine.commands.opened import opened_unit_of_work
    from engine.errors import NotFound
    from engine.store import people
    from handlers.dispatch.learning import models as learned

    with opened_unit_of_work() as uow:
        person = people.read_by_login(uow.conn, login)
        if person is None:
            raise NotFound(Message("There is no person %(login)s.", login=login))
        learned.use(uow, Actor.of(person), model_id, reason, held=not let_go)
    click.echo(f"model {model_id}\tin use")
