"""All rules over one bundle."""

from collections.abc import Mapping

from ..definitions import load
from ..diagram import read_bundle
from ..finding import DiagramError, Finding
from . import (
    activities,
    decisions,
    events,
    messages,
    references,
    routing,
    structure,
    texts,
    timers,
    uncaught,
    variables,
)
from .operations import OperationSignature, check_operations
from .report import Rule

RULES: tuple[Rule, ...] = (
    *structure.RULES,
    *routing.RULES,
    *events.RULES,
    *timers.RULES,
    *uncaught.RULES,
    *references.RULES,
    *messages.RULES,
    *activities.RULES,
    *texts.RULES,
    *variables.RULES,
    *decisions.RULES,
)


def lint(
    files: Mapping[str, bytes], operations: Mapping[str, OperationSignature] | None = None
) -> list[Finding]:
    """Every finding of a bundle, in the order of files and lines.

    Service tasks are held against the operations only if these are given. A bundle with an error must not be
    deployed; one without is sure to load.
    """
    try:
        bundle = read_bundle(files)
    except DiagramError as error:
        return error.findings
    findings = [finding for rule in RULES for finding in rule(bundle)]
    if operations is not None:
        findings.extend(check_operations(bundle, operations))
    if not any(finding.severity == "error" for finding in findings):
        try:
            load(files)
        except DiagramError as error:
            findings.extend(error.findings)
    return sorted(
        set(findings), key=lambda finding: (finding.file, finding.line or 0, finding.rule, finding.message)
    )
