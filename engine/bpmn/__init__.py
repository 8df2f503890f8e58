"""The process engine behind one door: the only room that knows SpiffWorkflow."""

from .correlation import Sent, Subscription
from .definitions import Definitions, content_hash, load
from .driving import Host
from .errors import BpmnError, RunError, StateError
from .finding import DiagramError, Finding
from .instance import Instance, plain_values
from .lint import OperationSignature, lint
from .process_info import ElementInfo, ProcessInfo, Retry
from .rerouting import RerouteRefused
from .service_task import PENDING
from .token import Timer, Token
from .versions import MoveRefused, Obstacle
from .visits import Visit

__all__ = [
    "PENDING",
    "BpmnError",
    "Definitions",
    "DiagramError",
    "ElementInfo",
    "Finding",
    "Host",
    "Instance",
    "MoveRefused",
    "Obstacle",
    "OperationSignature",
    "ProcessInfo",
    "RerouteRefused",
    "Retry",
    "RunError",
    "Sent",
    "StateError",
    "Subscription",
    "Timer",
    "Token",
    "Visit",
    "content_hash",
    "lint",
    "load",
    "plain_values",
]
