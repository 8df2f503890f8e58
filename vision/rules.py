"""Rules: what is looked for in which zones, as rows; a city adds one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

import yaml

from vision.detect import CLASSES, VEHICLES
from vision.errors import VisionError
from vision.expressions import Expression
from vision.grammar import GROUPS
from vision.zones import ZONE_TYPES, Zone

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Rule:
    """What is looked for.

    Attributes:
        key, version: by which sightings name it; what is edited gets the next version.
        zone_types: the types of zone that it may look at.
        classes: what a detector must call it, where `verify`; ``vehicle`` stands for car, bus and truck.
        expression: see `vision.expressions`.
        dwell: seconds for which something must stand, where its zone says nothing else.
        verify: whether a detector must agree, where there is one.
        title: for people, by language.
        scheme, category: of the case that it becomes.
        description: of the case, in the city's language.
    """

    key: str
    version: int
    zone_types: tuple[str, ...]
    classes: tuple[str, ...]
    expression: str
    dwell: float
    verify: bool
    title: Mapping[str, str] = field(default_factory=dict)
    scheme: str = "gb30428"
    category: str = ""
    description: str = ""

    @cached_property
    def condition(self) -> Expression:
        """Its expression, checked.

        Raises:
            VisionError: it says what is not let through.
        """
        return Expression(self.expression)

    def check(self) -> None:
        """See that it is a rule.

        Raises:
            VisionError: it is none; names the field.
        """
        for problem in self.problems():
            raise problem

    def problems(self) -> Iterator[VisionError]:
        """What is wrong with it, field by field."""
        if not self.key or len(self.key) > 40 or not self.key.replace("_", "").isalnum():
            yield VisionError("Name it by 1 to 40 letters, digits and _.", field="key")
        if self.version < 1:
            yield VisionError("Count versions from 1.", field="version")
        if not self.zone_types or not set(self.zone_types) <= set(ZONE_TYPES):
            yield VisionError("Use some of %(known)s.", field="zone_types", known=", ".join(ZONE_TYPES))
        if not all(0 < len(name) <= 40 for name in self.classes) or len(self.classes) > 40:
            yield VisionError("Give at most 40 names of classes.", field="classes")
        if self.verify and not self.classes:
            yield VisionError("Say what classes a detector must find.", field="classes")
        if not 1.0 <= self.dwell <= 86400.0:
            yield VisionError("Give 1 to 86400 seconds.", field="dwell")
        if not all(self.title.get(language) for language in LANGUAGES):
            yield VisionError("Give a title in Chinese and in English.", field="title")
        try:
            _ = self.condition
        except VisionError as error:
            yield error

    def matches(self, name: str) -> bool:
        """Whether a class is one that it looks for."""
        return any(belongs(name, wanted) for wanted in self.classes)


def belongs(name: str, wanted: str) -> bool:
    """Whether a class is the wanted one, or one of the wanted group."""
    return wanted in ("anything", name) or (wanted == "vehicle" and name in VEHICLES)


def of_zone(zone: Zone, rules: Mapping[str, Rule]) -> list[Rule]:
    """The rules that look at a zone.

    Raises:
        VisionError: it names a rule that is not there or is not for its type.
    """
    unknown = [key for key in zone.rules if key not in rules]
    if unknown:
        raise VisionError("There is no rule %(rule)s.", field="rules", rule=", ".join(unknown))
    chosen = [rules[key] for key in zone.rules]
    for rule in chosen:
        if zone.type not in rule.zone_types:
            raise VisionError(
                "The rule %(rule)s is not for zones of the type %(type)s.",
                field="rules",
                rule=rule.key,
                type=zone.type,
            )
    return chosen


@cache
def shipped() -> Mapping[str, Rule]:
    """The rules that come with the product, by key."""
    text = resources.files("vision").joinpath("data/rules.yaml").read_text("utf-8")
    return {row["key"]: of_row(row) for row in yaml.safe_load(text)}


def of_row(row: Mapping[str, Any]) -> Rule:
    """A rule of a row of a table or file, checked.

    Raises:
        VisionError: it is none; names the field.
    """
    rule = unchecked(row)
    rule.check()
    return rule


def unchecked(row: Mapping[str, Any]) -> Rule:
    """The same, of which `Rule.problems` says what is wrong.

    Raises:
        VisionError: a field is not there, or is nothing of its sort; names the field.
    """
    try:
        return Rule(
            key=str(row["key"]),
            version=int(row["version"]),
            zone_types=tuple(str(one) for one in row["zone_types"]),
            classes=tuple(str(one) for one in row["classes"]),
            expression=str(row["expression"]),
            dwell=float(row["dwell"]),
            verify=bool(row["verify"]),
            title={str(language): str(title) for language, title in dict(row["title"]).items()},
            scheme=str(row["scheme"]),
            category=str(row["category"]),
            description=str(row["description"]),
        )
    except KeyError as error:
        raise VisionError("Give this field.", field=str(error.args[0])) from error
    except (TypeError, ValueError) as error:
        raise VisionError("This is no rule: %(reason)s.", field="rule", reason=error) from error


def known_classes() -> tuple[str, ...]:
    """The classes by which a rule may speak, for a list to choose from; a model may know others."""
    return (*sorted(GROUPS), *CLASSES)
