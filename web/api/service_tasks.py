"""Service tasks: what a designer may have a diagram call, for the editor that they draw it with."""

from __future__ import annotations

from engine.tasks import load_service_tasks
from web.api.answers import ServiceTask, ServiceTaskParameter, ServiceTaskPart, ServiceTasks, Titles
from web.api.blueprint import REFERENCE, api
from web.api.callers import Call


@api.get("/service-tasks", tags=[REFERENCE], responses={200: ServiceTasks})
def service_tasks(_call: Call) -> ServiceTasks:
    """The service tasks that a diagram may call: titles, parameters, results, and whether they run in the background."""
    return ServiceTasks(
        items=[
            ServiceTask(
                id=name,
                title=Titles(zh=task.title["zh"], en=task.title["en"]),
                summary=task.summary,
                description=task.description,
                background=task.background is not None,
                parameters=[
                    ServiceTaskParameter(id=one.name, type=one.kind, required=one.required)
                    for one in task.parameters
                ],
                has_result=task.has_result,
                result=[ServiceTaskPart(name=part, type=kind) for part, kind in task.parts],
            )
            for name, task in sorted(load_service_tasks().items())
        ]
    )
