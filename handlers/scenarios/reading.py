"""Reading a scenario's YAML: bounded, plain values only, and every mistake told with its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.errors import Invalid
from engine.messages import Message

MAX_BYTES = 128 * 1024
MAX_STEPS = 200
MAX_DEPTH = 20


class ScenarioError(Invalid):
    """A scenario that is not written as it must be.

    Attributes:
        line: in the file, from 1; None where the whole file is meant.
    """

    def __init__(self, message: Message, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Source:
    """The values of a file, with the line on which each step begins."""

    values: dict[str, Any]
    step_lines: tuple[int, ...]


def read(path: Path) -> Source:
    """Read a file.

    Raises:
        ScenarioError: it is too large, not YAML, or no mapping.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ScenarioError(Message("the file has more than %(n)d KB: make two of it", n=MAX_BYTES // 1024))
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ScenarioError(Message("the file is not UTF-8: save it as UTF-8")) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ScenarioError(Message("this is not YAML: %(why)s", why=str(error.problem)), line) from error
    except yaml.YAMLError as error:
        raise ScenarioError(Message("this is not YAML: %(why)s", why=str(error)[:200])) from error


def _parse(text: str) -> Source:
    _check_shape(text)
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ScenarioError(Message("a scenario has name, given and steps"))
        values = loader.construct_document(node)
    except (ValueError, TypeError) as error:
        raise ScenarioError(Message("a value cannot be read: %(why)s", why=str(error))) from error
    finally:
        loader.dispose()
    return Source(values, _step_lines(node))


def _check_shape(text: str) -> None:
    """Refuse what would cost time or memory out of proportion to its size, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ScenarioError(Message("write the value out instead of *%(name)s", name=str(event.anchor)))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ScenarioError(
                    Message("values are nested too deeply"),
                    event.start_mark.line + 1 if event.start_mark else None,
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _step_lines(node: yaml.MappingNode) -> tuple[int, ...]:
    for key, value in node.value:
        if key.value == "steps" and isinstance(value, yaml.SequenceNode):
            return tuple(one.start_mark.line + 1 for one in value.value)
    return ()
