"""Every sentence that a page can say is said in Chinese too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import web

ROOT = Path(web.__path__[0]).parent
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "Message": None,
    "PhotoError": None,
    "VisionError": None,
    "Misread": None,
    "Problem": (2,),
}
PLACES = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every sentence in the code and the templates."""
    with (ROOT / "web" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = set()
    for room in ("engine", "handlers", "vision", "web"):
        for _path, _line, message, _comments, _context in extract_from_dir(
            ROOT / room, methods, options, keywords=KEYWORDS
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    """The catalogue as it stands in the repository."""
    path = ROOT / "web" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file)


def _key(message: object) -> str:
    return message if isinstance(message, str) else str(message[0])  # type: ignore[index]


def test_every_sentence_is_translated(said: set[str], chinese: Catalog) -> None:
    translated = {_key(one.id) for one in chinese if one.id and one.string and not one.fuzzy}

    assert len(said) > 300
    assert sorted(said - translated) == []


def test_nothing_is_translated_that_nobody_says(said: set[str], chinese: Catalog) -> None:
    assert sorted({_key(one.id) for one in chinese if one.id} - said) == []
    assert not chinese.obsolete


def test_a_translation_keeps_the_places_of_its_sentence(chinese: Catalog) -> None:
    wrong = []
    for one in chinese:
        if one.id:
            meant = _key(one.string)
            if set(PLACES.findall(_key(one.id))) != set(PLACES.findall(meant)):
                wrong.append(one.id)

    assert wrong == []
