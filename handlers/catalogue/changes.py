"""Changes: what a catalogue would change of the one that is there, and whether open cases stand in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.store import cases
from engine.store.unit_of_work import UnitOfWork
from handlers.store.catalogue import Catalogue, Category, Key


@dataclass(frozen=True)
class Changed:
    """A category that stays, but not as it was.

    Attributes:
        fields: of the category itself that change: before and after.
        added, removed, changed: the numbers of its conditions that are new, gone, or say something else.
    """

    category: Category
    fields: Mapping[str, tuple[str, str]]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True)
class Changes:
    """What changes from one catalogue to another.

    Attributes:
        unit_types: the codes of types of unit that are new, gone, or called otherwise.
        in_use: open cases of categories that would be gone, and of conditions that would be: the number of cases by
            category and condition (None for any). While there are some, the catalogue is not imported.
    """

    added: tuple[Category, ...]
    changed: tuple[Changed, ...]
    removed: tuple[Category, ...]
    unit_types: tuple[str, ...]
    in_use: Mapping[tuple[Key, int | None], int]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.unit_types)


_FIELDS = (
    "major_code",
    "major_zh",
    "major_en",
    "name_zh",
    "name_en",
    "unit_type",
    "similar_metres",
    "similar_hours",
)


def compare(uow: UnitOfWork, before: Catalogue, after: Catalogue) -> Changes:
    """What changes from one catalogue to another, each in the order of scheme, kind and code."""
    old, new = before.categories, after.categories
    types = before.unit_types.keys() | after.unit_types.keys()
    return Changes(
        added=tuple(new[key] for key in sorted(new.keys() - old.keys())),
        changed=tuple(
            _changed(old[key], new[key]) for key in sorted(old.keys() & new.keys()) if old[key] != new[key]
        ),
        removed=tuple(old[key] for key in sorted(old.keys() - new.keys())),
        unit_types=tuple(
            sorted(code for code in types if before.unit_types.get(code) != after.unit_types.get(code))
        ),
        in_use=_in_use(uow, before, after),
    )


def _changed(old: Category, new: Category) -> Changed:
    fields = {
        name: (str(getattr(old, name)), str(getattr(new, name)))
        for name in _FIELDS
        if getattr(old, name) != getattr(new, name)
    }
    if old.equivalents != new.equivalents:
        fields["equivalents"] = (_listed(old.equivalents), _listed(new.equivalents))
    was, will = old.standards, new.standards
    return Changed(
        new,
        fields,
        added=tuple(sorted(will.keys() - was.keys())),
        removed=tuple(sorted(was.keys() - will.keys())),
        changed=tuple(sorted(number for number in was.keys() & will.keys() if was[number] != will[number])),
    )


def _listed(equivalents: Mapping[str, str]) -> str:
    return ", ".join(f"{scheme} {code}" for scheme, code in sorted(equivalents.items()))


def _in_use(uow: UnitOfWork, before: Catalogue, after: Catalogue) -> dict[tuple[Key, int | None], int]:
    """Open cases of what the catalogue has now and would have no longer."""
    found: dict[tuple[Key, int | None], int] = {}
    for row in cases.open_by_category(uow.conn):
        key = (row["scheme"], row["kind"], row["category"])
        if key not in before.categories:
            continue
        condition = row["condition_no"]
        if key not in after.categories:
            found[key, None] = found.get((key, None), 0) + row["count"]
        elif (
            condition in before.categories[key].standards and condition not in after.categories[key].standards
        ):
            found[key, condition] = row["count"]
    return found
