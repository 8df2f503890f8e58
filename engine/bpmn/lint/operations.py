"""The service tasks of a diagram, held against the operations that are registered."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class OperationSignature:
    """A registered operation: its parameters by name with whether each is required."""

    name: str
    parameters: Mapping[str, bool]
    has_result: bool
