"""The catalogue as a list to choose from: categories under their kind and major class."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.unit_of_work import UnitOfWork
from handlers import city
from handlers.reporting import SCHEME
from handlers.store.catalogue import Catalogue
from web import labels
from web.languages import language


@dataclass(frozen=True)
class Option:
    """One category; `value` is ``kind:code``."""

    value: str
    name: str


@dataclass(frozen=True)
class Group:
    """The categories of one major class of one kind."""

    name: str
    options: tuple[Option, ...]


def groups(uow: UnitOfWork, scheme: str = SCHEME) -> list[Group]:
    """All categories of a scheme, events before components, for they are what most reports are about."""
    spoken, catalogue = language(), city.catalogue(uow)
    known = _grouped.get((scheme, spoken))
    if known is None or known[0] is not catalogue:
        known = catalogue, _group(catalogue, scheme, spoken)
        _grouped[scheme, spoken] = known
    return known[1]


#: The groups of a scheme in a language, with the catalogue they were made of: it is replaced as a whole.
_grouped: dict[tuple[str, str], tuple[Catalogue, list[Group]]] = {}


def _group(catalogue: Catalogue, scheme: str, spoken: str) -> list[Group]:
    found: dict[tuple[str, str], tuple[str, list[Option]]] = {}
    for category in catalogue.categories.values():
        if category.scheme == scheme:
            major = category.major_en if spoken == "en" else category.major_zh
            title = f"{labels.called(labels.KINDS, category.kind)} · {major}"
            _title, options = found.setdefault((category.kind, category.major_code), (title, []))
            options.append(Option(f"{category.kind}:{category.code}", category.name(spoken)))
    order = sorted(found, key=lambda key: (key[0] != "event", key))
    return [Group(found[key][0], tuple(found[key][1])) for key in order]


def split(value: str) -> tuple[str, str]:
    """Kind and code of an option's value; empty where it is none."""
    kind, separator, code = value.partition(":")
    return (kind, code) if separator else ("", "")


def name_of(uow: UnitOfWork, scheme: str, kind: str, code: str) -> str:
    """What a category is called; its code where the catalogue no longer has it."""
    category = city.catalogue(uow).get(scheme, kind, code)
    return category.name(language()) if category else code
