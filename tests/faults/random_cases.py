"""Random small diagrams of what waits: people, times, background tasks, actions; their blocks carry the names of their elements."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.bpmn import structured
from tests.bpmn.diagrams import flow, process, service
from tests.bpmn.structured import Drawing, draw

#: The form of a step at which somebody decides, and the number from which on the decision is yes.
FORM = (
    b'{"type": "object", "required": ["v0"], "additionalProperties": false,'
    b' "properties": {"v0": {"type": "integer", "minimum": 0, "maximum": 1}}}'
)
FORM_PATH = "forms/decide.json"

_PROPERTY = '<spiffworkflow:property name="{}" value="{}"/>'


def _properties(**given: str) -> str:
    inner = "".join(_PROPERTY.format(name, value) for name, value in given.items())
    return (
        f"<extensionElements><spiffworkflow:properties>{inner}</spiffworkflow:properties></extensionElements>"
    )


def _person(drawing: Drawing, name: str, **given: str) -> tuple[str, str]:
    drawing.parts.append(
        f'<userTask id="{name}" name="{name}">{_properties(role="acceptor", **given)}</userTask>'
    )
    return name, name


def _effect(drawing: Drawing, name: str) -> tuple[str, str]:
    drawing.parts.append(service(name, "test.send", "text='hello'", f"r_{name}"))
    return name, name


def _pause(drawing: Drawing, name: str, minutes: int) -> tuple[str, str]:
    drawing.parts.append(f'<intermediateCatchEvent id="{name}">{_timer(minutes)}</intermediateCatchEvent>')
    return name, name


def _timer(minutes: int) -> str:
    return f"<timerEventDefinition><timeDuration>PT{minutes}M</timeDuration></timerEventDefinition>"


def _decide(drawing: Drawing, name: str, yes: object, no: object) -> tuple[str, str]:
    """Somebody decides which of two ways is taken."""
    _person(drawing, name, form=FORM_PATH)
    merge = f"{name}_merge"
    drawing.parts.append(
        f'<exclusiveGateway id="{name}_split" default="{name}_no"/><exclusiveGateway id="{merge}"/>'
        + flow(name, f"{name}_split")
    )
    for block, condition, flow_id in ((yes, "v0 > 0", f"{name}_yes"), (no, None, f"{name}_no")):
        first, last = draw(drawing, block)
        drawing.parts.append(flow(f"{name}_split", first, condition, flow_id) + flow(last, merge))
    return name, merge


def _again(drawing: Drawing, name: str, block: object) -> tuple[str, str]:
    """Somebody decides whether a part is done again."""
    first, last = draw(drawing, block)
    _person(drawing, name, form=FORM_PATH)
    drawing.parts.append(
        f'<exclusiveGateway id="{name}_merge"/><exclusiveGateway id="{name}_split" default="{name}_no"/>'
        f'<exclusiveGateway id="{name}_out"/>'
        + flow(f"{name}_merge", first)
        + flow(last, name)
        + flow(name, f"{name}_split")
        + flow(f"{name}_split", f"{name}_merge", "v0 > 0")
        + flow(f"{name}_split", f"{name}_out", None, f"{name}_no")
    )
    return f"{name}_merge", f"{name}_out"


def _guarded(
    drawing: Drawing, name: str, minutes: int | None, interrupting: bool, block: object, handler: object
) -> tuple[str, str]:
    """A part with an event at its border: a time, or an action where `minutes` is None."""
    inner = Drawing(count=drawing.count)
    first, last = draw(inner, block)
    drawing.count = inner.count
    drawing.parts.append(
        f'<subProcess id="{name}_part"><startEvent id="{name}_s"/><endEvent id="{name}_e"/>{"".join(inner.parts)}'
        f"{flow(f'{name}_s', first)}{flow(last, f'{name}_e')}</subProcess>"
    )
    event = f'<messageEventDefinition messageRef="m_{name}"/>' if minutes is None else _timer(minutes)
    properties = _properties(roles="acceptor") if minutes is None else ""
    drawing.parts.append(
        f'<boundaryEvent id="{name}" name="{name}" attachedToRef="{name}_part" cancelActivity="{str(interrupting).lower()}">'
        f'{properties}{event}</boundaryEvent><exclusiveGateway id="{name}_merge"/>'
        + flow(f"{name}_part", f"{name}_merge")
    )
    first, last = draw(drawing, handler)
    drawing.parts.append(flow(name, first))
    if interrupting:
        drawing.parts.append(flow(last, f"{name}_merge"))
    else:
        drawing.parts.append(f'<endEvent id="{name}_aside"/>' + flow(last, f"{name}_aside"))
    return f"{name}_part", f"{name}_merge"


structured.MAKERS |= {
    "person": _person, "effect": _effect, "pause": _pause, "decide": _decide, "again": _again, "guarded": _guarded,
}  # fmt: skip

_leaf = st.sampled_from(["person", "person", "effect", "pause"]).map(lambda kind: (kind,))


def _looped(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What may be done again: a parallel join there is wrong in the library from round two on."""
    return st.one_of(
        st.tuples(st.just("sequence"), st.lists(children, min_size=2, max_size=3)),
        st.tuples(st.just("decide"), children, children),
        st.tuples(st.just("guarded"), st.booleans(), st.booleans(), children, _leaf),
    )


def _anywhere(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _looped(children) | st.tuples(st.just("parallel"), st.lists(children, min_size=2, max_size=3))


_again_block = st.tuples(st.just("again"), st.recursive(_leaf, _looped, max_leaves=3))

#: Blocks without names.
shapes = st.recursive(_leaf | _again_block, _anywhere, max_leaves=6)


def named(shape: Any) -> Any:
    """A block whose elements have names; each time in it is another."""
    return _named(shape, iter(range(1, 1000)))


def _named(shape: Any, numbers: Any) -> Any:
    kind, *rest = shape
    number = next(numbers)
    name = f"{kind}{number}"
    if kind in ("person", "effect"):
        return kind, name
    if kind == "pause":
        return kind, name, number
    if kind in ("sequence", "parallel"):
        return kind, [_named(one, numbers) for one in rest[0]]
    inner = [_named(one, numbers) for one in rest if isinstance(one, tuple)]
    if kind == "guarded":
        timed, interrupting = rest[:2]
        return kind, name, number if timed else None, interrupting, *inner
    return kind, name, *inner


def bundle(block: Any) -> dict[str, bytes]:
    """The files of a process ``random`` with this block in it."""
    drawing = Drawing()
    first, last = draw(drawing, block)
    text = "".join(drawing.parts)
    inner = f'<startEvent id="s"/><endEvent id="e"/>{text}' + flow("s", first) + flow(last, "e")
    messages = "".join(
        f'<message id="m_guarded{number}" name="guarded{number}"/>'
        for number in range(1, 200)
        if f'messageRef="m_guarded{number}"' in text
    )
    return {"random.bpmn": process(inner, before=messages, name="random"), FORM_PATH: FORM}
