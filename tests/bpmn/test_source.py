"""XML of strangers: hostile and broken files are refused with file, line and remedy."""

import pytest

from engine.bpmn import DiagramError, Finding, lint, load
from tests.bpmn.diagrams import process

ENTITY = b"""<!DOCTYPE a [<!ENTITY b "text">]>\n<a>&b;</a>"""
LAUGHS = b"""<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;"><!ENTITY d "&c;&c;&c;">]><a>&d;</a>"""
FILE = b"""<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"""
PARAMETER = b"""<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/x"> %b;]><a/>"""
OUTSIDE = b"""<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>"""


def refusal(content: bytes, file: str = "p.bpmn") -> Finding:
    with pytest.raises(DiagramError) as caught:
        load({file: content})
    [finding] = caught.value.findings
    return finding


@pytest.mark.parametrize("content", [ENTITY, LAUGHS, FILE, PARAMETER, OUTSIDE])
def test_a_doctype_is_refused(content: bytes) -> None:
    finding = refusal(content)

    assert finding.rule in {"xml-doctype", "xml-syntax"}
    assert (finding.file, finding.line) == ("p.bpmn", 1)


def test_broken_xml_names_its_line() -> None:
    finding = refusal(b"<a>\n<b>\n</a>")

    assert (finding.rule, finding.line) == ("xml-syntax", 3)


@pytest.mark.parametrize("content", [b"", b"not xml", b"\xff\xfe\x00", b"<a", b"\x00" * 10, b"PK\x03\x04"])
def test_what_is_no_xml_is_refused(content: bytes) -> None:
    assert refusal(content).rule == "xml-syntax"


@pytest.mark.parametrize(
    "content",
    [
        "<a>案卷</a>".encode("utf-16"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
        '<?xml version="1.0" encoding="GB18030"?><a>案卷</a>'.encode("gb18030"),
    ],
)
def test_another_encoding_is_refused(content: bytes) -> None:
    assert refusal(content).rule == "xml-encoding"


def test_a_file_that_is_too_large_is_refused() -> None:
    assert refusal(b"<a>" + b" " * 2 * 1024 * 1024 + b"</a>").rule == "xml-size"


def test_too_many_elements_are_refused() -> None:
    assert refusal(b"<a>" + b"<b/>" * 60_000 + b"</a>").rule == "xml-size"


def test_deep_nesting_is_refused() -> None:
    assert refusal(b"<a>" * 5000 + b"</a>" * 5000).rule == "xml-syntax"


def test_every_broken_file_of_a_bundle_is_named() -> None:
    with pytest.raises(DiagramError) as caught:
        load({"a.bpmn": b"<a>", "b.dmn": b"x", "c.bpmn": process("")})

    assert [finding.file for finding in caught.value.findings] == ["a.bpmn", "b.dmn"]


def test_the_lint_reports_instead_of_raising() -> None:
    assert [finding.rule for finding in lint({"p.bpmn": ENTITY})] == ["xml-doctype"]


def test_files_of_other_kinds_are_passed_over() -> None:
    good = process('<startEvent id="s"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="e"/>')

    assert set(load({"p.bpmn": good, "forms/a.json": b"{", "README.md": b"<"}).processes) == {"p"}


@pytest.mark.parametrize(
    "element", ["startEvent", "userTask", "boundaryEvent", "serviceTask", "subProcess", "callActivity"]
)
def test_a_bare_element_never_crashes_the_lint(element: str) -> None:
    assert lint({"p.bpmn": process(f"<{element}/>")})
