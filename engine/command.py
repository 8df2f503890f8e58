"""The command ``gridcase``: one group that collects its subcommands and holds none.

Each room brings its own through the entry point group ``gridcase.commands``, and so may a foreign package. A
subcommand is imported only when it is called, so that the others start quickly and go on working when one of
them cannot be loaded.
"""

import ast
import importlib.util
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import click

GROUP = "gridcase.commands"


class Refused(click.ClickException):
    """What the user asked for was refused with a reason: it is said in one line, without a traceback."""

    exit_code = 2


class PutOff(Refused):
    """What the command needs does not answer now: the same may succeed later, without anything being mended."""

    #: ``EX_TEMPFAIL`` of sysexits.h: whoever started it may start it again.
    exit_code = 75


class Collector(click.Group):
    """A group of the subcommands that the installed packages offer under an entry point group."""

    @cached_property
    def offered(self) -> Mapping[str, EntryPoint]:
        """The entry point of each subcommand by its name.

        Raises:
            click.ClickException: two packages offer a subcommand of the same name.
        """
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=GROUP):
            other = found.setdefault(point.name, point)
            if other is not point:
                raise click.ClickException(
                    f"'{point.name}' is offered by {_origin(other)} and by {_origin(point)}: uninstall one of them."
                )
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all subcommands, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *self.offered})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand, or None where no package offers the name.

        Raises:
            click.ClickException: its module cannot be imported or does not hold a click command.
        """
        point = self.offered.get(cmd_name)
        if point is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = point.load()
        except (ImportError, AttributeError) as error:
            raise click.ClickException(
                f"'{cmd_name}' of {_origin(point)} cannot be loaded: {error}"
            ) from error
        if not isinstance(command, click.Command):
            raise click.ClickException(f"'{cmd_name}' of {_origin(point)} is no click command.")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands with the first sentence of each, importing none of them."""
        room = formatter.width - 6 - max(map(len, self.offered), default=0)
        rows = [(name, _summary(self.offered[name], room)) for name in sorted(self.offered)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand; an error that a user can mend ends it with its message and exit code 2, what may pass with 75."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from engine.errors import GridcaseError, Unavailable

            if isinstance(error, Unavailable):
                raise PutOff(_told(error)) from error
            if isinstance(error, GridcaseError):
                raise Refused(_told(error)) from error
            raise


def _told(error: Exception) -> str:
    """A refusal with what it says of each field, unless it says so already."""
    fields: Mapping[str, str] = getattr(error, "fields", {})
    whole = str(error)
    return "; ".join([whole, *(f"{name}: {told}" for name, told in fields.items() if told not in whole)])


def _origin(point: EntryPoint) -> str:
    """The package and the object behind an entry point, for a message."""
    package = point.dist.name if point.dist else "an unknown package"
    return f"{package} ({point.value})"


def _summary(point: EntryPoint, width: int) -> str:
    """The first sentence of a subcommand's docstring, read from its source: importing it may take seconds."""
    try:
        spec = importlib.util.find_spec(point.module)
    except ImportError:
        spec = None
    if spec is None:
        return f"(cannot be loaded: no module {point.module})"
    if not spec.origin or not spec.origin.endswith(".py"):
        return ""
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == point.attr:
            return click.Command(point.name, help=ast.get_docstring(node)).get_short_help_str(width)
    return ""


@click.group(cls=Collector, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gridcase", message="%(prog)s %(version)s")
def main() -> None:
    """Gridcase runs a city's street-level cases; each lives by a BPMN diagram that the city edits itself."""


if __name__ == "__main__":
    main()
