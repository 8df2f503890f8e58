"""The guide to layers names every layer, column, format, bound, rule and option that there is."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from gis.coordinates import CRS_NAMES
from gis.layers import checking, formats, outlines, problems, reading
from gis.layers.kinds import Column, kinds
from handlers.commands.layers import layers
from handlers.store.layer_tables import STORED

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "layers.md").read_text("utf-8")


def _row(kind: str, column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    about = f"{column.about}; by default {column.default}" if column.default else column.about
    return f"| `{kind}` | {name} | {about} | {', '.join(f'`{one}`' for one in column.others)} |"


def test_every_column_stands_in_the_table_as_it_is() -> None:
    told = re.findall(r"^\| `\w+` \| (?:\*\*)?`\w+`(?:\*\*)? \| .*\|$", GUIDE, re.MULTILINE)

    assert told == [_row(kind.name, column) for kind in kinds().values() for column in kind.columns]


@pytest.mark.parametrize("kind", STORED)
def test_every_layer_is_told_with_its_shape(kind: str) -> None:
    words = {"polygon": "areas", "line": "lines", "point": "points"}
    shapes = " or ".join(words[shape] for shape in kinds()[kind].shapes)

    assert re.search(rf"^\| `{kind}` \| .* \| {shapes} \|$", GUIDE, re.MULTILINE)


@pytest.mark.parametrize(
    "word",
    [
        *(f"`{end}`" for end in formats.DRIVERS),
        *(f"`{name}`" for name in CRS_NAMES),
        f"| features | {reading.MAX_FEATURES:,} |",
        f"| vertices of one outline | {outlines.MAX_VERTICES:,} |",
        f"{formats.MAX_BYTES >> 30} GB, and {formats.MAX_RATIO} times the archive",
        f"| one feature of GeoJSON | {reading._LARGEST_OBJECT} MB |",
        f"up to {problems.MOST_LISTED} of them",
        f"narrower than {checking.EXACT} m",
        f"below {checking.NARROW} m",
        f"narrower than {checking.THIN:g} m",
    ],
)
def test_the_guide_names(word: str) -> None:
    assert word in GUIDE


def test_every_rule_of_the_check_is_explained() -> None:
    sources = [ROOT / "gis" / "layers" / "checking.py", ROOT / "handlers" / "layers" / "checking.py"]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    rules = set(re.findall(r'"(overlap|gap|sliver|outside|code|category|unit|uncovered)"', code))
    given = set(re.findall(r'(?:finding|Finding)\(\s*[^,]+, "(\w+)"', code))

    assert given <= rules
    assert set(re.findall(r"^\| `(\w+)` \| (?:error|warning|information)", GUIDE, re.MULTILINE)) == rules


def test_every_option_that_the_guide_uses_is_one() -> None:
    known = {
        option
        for command in layers.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", GUIDE)) <= known | {"--help"}
