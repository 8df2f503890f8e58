"""Finds, before a deployment, what a diagram would get wrong silently or late."""

from .check import lint
from .operations import OperationSignature

__all__ = ["OperationSignature", "lint"]
