"""``gridcase evidence``: bundles of evidence verified, handed out, and the key by which anybody else verifies them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.opened import opened_unit_of_work
from engine.errors import Invalid, NotFound
from engine.messages import Message
from engine.settings import Settings
from vision.errors import VisionError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from vision.evidence.keys import PublicKeys


@click.group()
def evidence() -> None:
    """Verify bundles of evidence and hand them out."""


@evidence.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "key_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File with a public key of whoever signed; may be repeated. Without it, the keys of this installation.",
)
@click.option(
    "--tsa-roots",
    type=click.Path(path_type=Path),
    help="File with the certificates, in PEM, to which time stamps must lead. Without it, those of GRIDCASE_TSA_ROOTS.",
)
def verify(folder: Path, key_files: Sequence[Path], tsa_roots: Path | None) -> None:
    """Verify the bundle in FOLDER, or all bundles below it and the chains that they make.

    It needs nothing but the bundles and a public key: no database and no network. Ends with 1 if anything is wrong.
    """
    from vision.evidence.verify import bundles_in, verify_chain

    with _refusing():
        folders = bundles_in(folder)
        roots = _roots(tsa_roots)
        problems = verify_chain(folders, _keys(key_files), roots)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        click.echo(f"does not stand: {len(problems)} problem(s) in {len(folders)} bundle(s)", err=True)
        raise SystemExit(1)
    click.echo(f"stands: {len(folders)} bundle(s), every byte as it was signed")
    click.echo(_stamps(folders, roots))


@evidence.command()
@click.argument("number")
@click.argument("target", type=click.Path(path_type=Path))
def export(number: str, target: Path) -> None:
    """Copy the bundles of the case NUMBER into the new folder TARGET, with the public keys in files beside them."""
    from handlers.evidence.keeping import folder_of
    from handlers.store import evidence as stored
    from vision.evidence import keys

    settings = Settings.from_environment()
    with opened_unit_of_work() as uow:
        rows = [row for row in stored.of_number(uow.conn, number) if row["removed_at"] is None]
    if not rows:
        raise NotFound(Message("There is no evidence of a case %(number)s here.", number=number))
    if target.exists():
        message = Message("%(path)s is there already: name a new folder.", path=target)
        raise Invalid(message, {"target": message})
    target.mkdir(parents=True)
    for row in rows:
        shutil.copytree(folder_of(settings, row), target / f"{row['camera_code']}-{row['number']}")
    for key in keys.of_home(settings.home).values():
        (target / f"{key.id}.pem").write_bytes(key.pem)
    click.echo(f"{len(rows)} bundle(s)")


@evidence.command("key")
@click.option(
    "--renew", is_flag=True, help="Sign by a new key from now on; what is signed already still verifies."
)
def show_key(renew: bool) -> None:
    """Print the public key by which evidence of this installation is verified."""
    from vision.evidence import keys

    home = Settings.from_environment().home
    with _refusing():
        signer = keys.renew(home) if renew else keys.Signer.of(home)
    click.echo(signer.public.pem.decode("ascii"), nl=False)


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what cannot be used as every command does."""
    try:
        yield
    except VisionError as error:
        message = Message(error.template, **error.values)
        raise Invalid(message, {error.field: message}) from error


def _stamps(folders: Sequence[Path], roots: Sequence[Certificate]) -> str:
    """What the time stamps of bundles that stand say."""
    from vision.evidence import stamp
    from vision.evidence.decision import manifest_of

    found = [one for folder in folders if (one := stamp.of_folder(folder, manifest_of(folder), roots))]
    if not found:
        return "time stamps: none"
    times = sorted(one.at for one in found)
    between = " to ".join(dict.fromkeys(one.isoformat() for one in (times[0], times[-1])))
    how = (
        "their certificates lead to the roots given"
        if roots
        else "NOT VERIFIED whose they are, for no roots were given: --tsa-roots FILE"
    )
    return f"time stamps: {len(found)} of {len(folders)}, {between}; {how}"


def _roots(path: Path | None) -> Sequence[Certificate]:
    from handlers.evidence.stamping import roots_of
    from vision.evidence import stamp

    return stamp.read_roots(path) if path else roots_of(Settings.from_environment())


def _keys(files: Sequence[Path]) -> PublicKeys:
    from vision.evidence import keys

    return keys.read(list(files)) if files else keys.of_home(Settings.from_environment().home)
