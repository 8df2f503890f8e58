"""``gridcase deploy``: make the files of a folder the next version of its processes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from engine.actors import SYSTEM
from engine.bpmn import DiagramError, Finding
from engine.bundles import parse_bundle
from engine.commands.opened import opened_unit_of_work
from engine.deployment import deploy as deploy_bundle
from engine.deployment import read_folder
from engine.errors import GridcaseError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Check the files, and deploy nothing.")
def deploy(folder: Path, check: bool) -> None:
    """Deploy the diagrams, tables and forms of FOLDER as the next version of their processes.

    New cases take the new version from then on; cases under way stay on theirs, until `gridcase move-cases` moves them. With an error in
    any file nothing is deployed.
    """
    files = read_folder(folder)
    try:
        if check:
            warnings = _check(files)
        else:
            with opened_unit_of_work() as uow:
                deployed = deploy_bundle(uow, files, SYSTEM)
            warnings = deployed[0].warnings
            for one in deployed:
                click.echo(f"{one.process_key}: version {one.version}{'' if one.changed else ' (unchanged)'}")
    except DiagramError as error:
        _print(error.findings)
        raise GridcaseError("nothing was deployed: mend the errors above, and deploy again") from error
    _print(warnings)


def _check(files: dict[str, bytes]) -> Iterable[Finding]:
    bundle, findings = parse_bundle(files)
    if bundle is None:
        raise DiagramError(findings)
    click.echo("no errors")
    return findings


def _print(findings: Iterable[Finding]) -> None:
    for one in findings:
        place = ":".join(str(part) for part in (one.file, one.line) if part)
        element = f" {one.element_id}:" if one.element_id else ""
        click.echo(f"{place}: {one.severity}:{element} {one.message} {one.remedy} [{one.rule}]", err=True)
