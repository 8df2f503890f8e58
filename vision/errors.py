"""What this room refuses, and why: each error names the field that is wrong and says what to do about it."""

from __future__ import annotations

from typing import Any


class VisionError(ValueError):
    """Input that is no picture, video, zone, rule or model that can be used.

    Args:
        template: what is wrong and what to do, in English, with ``%(name)s`` places.
        field: the name of the setting, column or file that is wrong.
        values: what goes into the places.
    """

    def __init__(self, template: str, *, field: str, **values: object) -> None:
        super().__init__(template % values if values else template)
        self.template = template
        self.field = field
        self.values = values

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is handed from one process to another: what it was made of is not what it says."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[VisionError], args: tuple[Any, ...]) -> VisionError:
    error = kind.__new__(kind)
    error.args = args
    return error
