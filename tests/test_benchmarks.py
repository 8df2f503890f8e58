"""The guide to the benchmarks names the figures that they print."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_figure_of_the_guide_is_printed() -> None:
    guide = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    sources = [path.read_text("utf-8") for path in (ROOT / "benchmarks").rglob("*.py")]
    printed = set(re.findall(r'"([a-z]\w+)"\]? *[:=]', "\n".join(sources)))

    named = set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))

    assert len(named) > 20
    assert named - printed == set()
