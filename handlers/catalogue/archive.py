"""The parts of a workbook file: a ZIP archive of XML, read with bounds on everything that grows when it is unpacked."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from posixpath import normpath
from typing import NamedTuple
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.sax
from defusedxml import DefusedXmlException

from engine.messages import Message
from handlers.catalogue.tables import MAX_BYTES

MAX_UNPACKED = 32 * 1024 * 1024
MAX_PARTS = 500
#: Of one part: a sheet with as many rows as a catalogue may have has half of it.
MAX_ELEMENTS = 500_000
# OSError is what bzip2 says of damaged data.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)


class Unreadable(Exception):
    """A file that is no workbook, or one that is more than is ever needed.

    Args:
        said: why, with the remedy.
    """

    def __init__(self, said: Message) -> None:
        super().__init__(said)
        self.said = said


class Handler(ContentHandler):
    """Takes the elements of a part as they come, by their local names; nothing of what was read is kept but by it."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name is that of SAX
        """Count and hand on."""
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(too_large())
        self.begin(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:  # noqa: N802 - the name is that of SAX
        """Hand on."""
        self.end(name.rpartition(":")[2])

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""


class Related(NamedTuple):
    """A part to which another one refers, by an identifier of its own."""

    identifier: str
    kind: str
    part: str


class Archive:
    """A workbook file.

    Args:
        data: the whole file.

    Raises:
        Unreadable: it is none, or unpacks to too much.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise Unreadable(Message("is larger than %(most)d MB: leave out pictures", most=MAX_BYTES >> 20))
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise Unreadable(_none()) from error
        parts = self._zip.infolist()
        # No more than the size that a part says of itself is ever unpacked of it.
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Unreadable(too_large())
        self._names = {part.filename for part in parts}

    def parse(self, name: str, handler: Handler) -> None:
        """Run a handler over a part.

        Raises:
            Unreadable: the part is missing, encrypted, damaged, no XML, or declares entities.
        """
        try:
            with self._zip.open(name) as part:
                defusedxml.sax.parse(part, handler, forbid_dtd=True)
        except DefusedXmlException as error:
            raise Unreadable(
                Message("declares XML entities, which no spreadsheet program does: save it anew with one")
            ) from error
        except (KeyError, RuntimeError, NotImplementedError) as error:
            raise Unreadable(_none()) from error
        except (*_DAMAGED, SAXException, ValueError) as error:
            raise Unreadable(Message("is damaged in %(part)s: save it anew", part=name)) from error

    def related(self, name: str) -> list[Related]:
        """The parts to which a part refers."""
        folder, _, file = name.rpartition("/")
        relations = _Relations(folder)
        path = f"{folder}/_rels/{file}.rels"
        if path in self._names:
            self.parse(path, relations)
        return relations.found


class _Relations(Handler):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self.found: list[Related] = []
        self._folder = folder

    def begin(self, name: str, attributes: AttributesImpl) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else normpath(f"{self._folder}/{target}")
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found.append(Related(attributes.get("Id", ""), kind, part))


def too_large() -> Message:
    """Why a file that unpacks to too much is not read."""
    return Message("holds more than a catalogue ever does: it is not unpacked")


def _none() -> Message:
    return Message("is no XLSX workbook, or one with a password: save it as “Excel workbook (.xlsx)” without")
