"""Steps: what the diagram says of the user task that a work item stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.bundles import bundle_of
from engine.errors import NotFound
from engine.forms import Form
from engine.messages import Message
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Step:
    """A user task in the version of the process on which its case runs.

    Attributes:
        form: what is filled in, or None.
        properties: of the element, as the designer wrote them.
    """

    form: Form | None
    properties: Mapping[str, str]

    @property
    def photos(self) -> str:
        """Whether photographs are taken with it: ``optional``, ``required`` or empty."""
        return self.properties.get("photos", "")


def step_of(uow: UnitOfWork, item: Mapping[str, Any]) -> Step:
    """The step of a work item, which is a row of `engine.store.work_items` or `engine.work.read`.

    Raises:
        NotFound: its case has no process.
    """
    row = instances.of_case(uow.conn, item["case_id"])
    if row is None:
        raise NotFound(Message("There is no case %(id)s that you may see.", id=item["case_id"]))
    bundle = bundle_of(uow, row["bundle_hash"])
    element = bundle.elements(row["process_key"]).get(item["element_id"])
    if element is None:
        # The case went over to a version without the step, after its work item had been taken back.
        return Step(None, {})
    return Step(bundle.form_of(element), element.properties)
