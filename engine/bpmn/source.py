"""Reads XML that strangers wrote: no DOCTYPE, no entities, no network, no more than 2 MB."""

from typing import Any

from lxml import etree

from .finding import DiagramError, Finding

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 50_000
_ENCODINGS = {"UTF-8", "ASCII", "US-ASCII"}


def _refuse(file: str, line: int | None, rule: str, message: str, remedy: str) -> DiagramError:
    return DiagramError([Finding(file, line, None, rule, message, remedy)])


def read_xml(file: str, content: bytes) -> etree._Element:
    """Parse one file and return its root element. Raises DiagramError with file, line and remedy."""
    if len(content) > MAX_BYTES:
        raise _refuse(
            file,
            None,
            "xml-size",
            f"The file has {len(content)} bytes; {MAX_BYTES} is the limit.",
            "Split the diagram, or remove embedded pictures.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or None
        raise _refuse(
            file, line, "xml-syntax", f"This is not well-formed XML: {error.msg}.", "Export the file again."
        ) from None
    except ValueError as error:
        raise _refuse(
            file, None, "xml-syntax", f"This is not XML: {error}.", "Export the file again."
        ) from None
    document: Any = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise _refuse(
            file,
            1,
            "xml-doctype",
            "The file declares a DOCTYPE, which can hide entities.",
            "Remove the declaration.",
        )
    if not _is_utf8(content, document.encoding):
        raise _refuse(
            file,
            1,
            "xml-encoding",
            "The file is not in UTF-8, as everything else of a bundle is.",
            "Save it as UTF-8.",
        )
    count = sum(1 for _ in root.iter())
    if count > MAX_ELEMENTS:
        raise _refuse(
            file,
            None,
            "xml-size",
            f"The file has {count} elements; {MAX_ELEMENTS} is the limit.",
            "Split the diagram.",
        )
    return root


def _is_utf8(content: bytes, declared: str | None) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return (declared or "UTF-8").upper() in _ENCODINGS
