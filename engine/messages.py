"""Sentences that the program says to people: kept with their parts, so that the front can say them in another language."""

from __future__ import annotations


class Message(str):
    """An English sentence that remembers its template and the values put into it.

    It is a plain string wherever one is needed. A front end that speaks another language translates `template` and puts
    `values` in again.

    Args:
        template: the sentence with ``%(name)s`` places.
        values: what goes there.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Message:
        """Put the values into the template."""
        made = super().__new__(cls, template % values if values else template)
        made.template = template
        made.values = values
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.template, self.values))


def _rebuild(template: str, values: dict[str, object]) -> Message:
    return Message(template, **values)
