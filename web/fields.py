"""The form of a step as fields of a page, and what the page sends as values of the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.actors import unit_tree
from engine.forms import Form, label
from engine.store.unit_of_work import UnitOfWork
from handlers import city, dispatch
from web import categories, labels
from web.languages import language

#: Before the names of the form's own fields, so that they never meet those of the page.
PREFIX = "f."


@dataclass(frozen=True)
class Choice:
    """One answer of several.

    Attributes:
        tone: ``primary``, ``plain`` or ``danger``.
        group: the heading under which it stands in a list; empty for none.
    """

    value: str
    title: str
    tone: str = "plain"
    group: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a page.

    Attributes:
        name: as the form knows it.
        widget: ``decision``, ``choice``, ``textarea``, ``text``, ``number`` or ``check``.
        value: what it holds now, as text.
        error: what is wrong with it; empty if nothing.
    """

    name: str
    title: str
    help: str
    widget: str
    required: bool
    choices: Sequence[Choice]
    value: str
    error: str
    max_length: int | None = None
    bounds: tuple[Any, Any] = (None, None)

    @property
    def input(self) -> str:
        """The name that the page sends it under."""
        return PREFIX + self.name

    @property
    def id(self) -> str:
        """Its anchor on the page."""
        return f"field-{self.name}"

    def grouped(self) -> list[tuple[str, list[Choice]]]:
        """The choices under their headings, in the order in which these come up."""
        found: dict[str, list[Choice]] = {}
        for choice in self.choices:
            found.setdefault(choice.group, []).append(choice)
        return list(found.items())


@dataclass(frozen=True)
class Context:
    """The case that a form is about, for the fields whose answers depend on it."""

    uow: UnitOfWork
    case: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def fields_of(form: Form, context: Context) -> list[Field]:
    """The fields of a form, with what was filled in before and what was wrong with it."""
    required = set(form.schema.get("required", ()))
    hidden = _carried(form)
    return [
        _field(name, described, name in required, context)
        for name, described in form.properties.items()
        if name not in hidden
    ]


def help_of(form: Form | None) -> str:
    """What a form as a whole says to whoever fills it in."""
    if form is None:
        return ""
    said = form.schema.get("x-help", {})
    return str(said.get(language()) or said.get("zh") or "")


def written_in(form: Form, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What somebody wrote into a form in their own words: the title of each field, and the text."""
    wide = {name: one for name, one in form.properties.items() if one.get("x-widget") == "textarea"}
    return [
        (label(described, language(), name), str(values[name]))
        for name, described in wide.items()
        if values.get(name)
    ]


def values_of(form: Form, sent: MultiDict[str, str]) -> dict[str, Any]:
    """What a page sent, as values of the form: typed where the form says so, empty answers left out."""
    values: dict[str, Any] = {}
    for name, described in form.properties.items():
        text = sent.get(PREFIX + name)
        if text is None:
            if described.get("type") == "boolean" and sent.get("form"):
                values[name] = False
            continue
        if described.get("x-widget") == "category":
            kind, code = categories.split(text)
            values.update({name: code or text} if text else {})
            if kind and "kind" in form.properties:
                values["kind"] = kind
            continue
        value = _typed(described, text.replace("\r\n", "\n").strip())
        if value is not None:
            values[name] = value
    return values


def _carried(form: Form) -> set[str]:
    """Fields that come along with another one: the kind comes with the category."""
    has_category = any(one.get("x-widget") == "category" for one in form.properties.values())
    return {"kind"} & form.properties.keys() if has_category else set()


def _typed(described: Mapping[str, Any], text: str) -> Any:
    if text == "":
        return None
    kinds = described.get("type", "string")
    kind = next((one for one in kinds if one != "null"), "string") if isinstance(kinds, list) else kinds
    if kind == "boolean":
        return text in {"true", "on", "1"}
    # What is no number goes on as it is: the form itself says what is wrong with it.
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
    except ValueError:
        return text
    return text


def _field(name: str, described: Mapping[str, Any], required: bool, context: Context) -> Field:
    spoken = language()
    choices = _choices(name, described, context)
    value = context.values.get(name, _present(name, described, context))
    if described.get("x-widget") == "category" and value:
        value = f"{context.values.get('kind', context.case['kind'])}:{value}"
    help_text = described.get("x-help", {})
    return Field(
        name=name,
        title=label(described, spoken, name),
        help=str(help_text.get(spoken) or help_text.get("zh") or ""),
        widget=_widget(described, choices),
        required=required,
        choices=choices,
        value="" if value is None else str(value).lower() if isinstance(value, bool) else str(value),
        error=context.errors.get(name, ""),
        max_length=described.get("maxLength"),
        bounds=(described.get("minimum"), described.get("maximum")),
    )


def _present(name: str, described: Mapping[str, Any], context: Context) -> Any:
    """What a field holds at first: the column that it writes, or its default."""
    if described.get("x-to") == "case" and context.case.get(name) is not None:
        return context.case[name]
    return described.get("default")


def _widget(described: Mapping[str, Any], choices: Sequence[Choice]) -> str:
    asked = described.get("x-widget", "")
    if asked in {"decision", "textarea"}:
        return str(asked)
    if choices or asked in {"category", "condition", "unit"}:
        return "choice"
    kind = described.get("type", "string")
    return {"boolean": "check", "integer": "number", "number": "number"}.get(
        kind if isinstance(kind, str) else "", "text"
    )


def _choices(name: str, described: Mapping[str, Any], context: Context) -> list[Choice]:
    spoken = language()
    widget = described.get("x-widget")
    if widget == "category":
        return [
            Choice(option.value, option.name, group=group.name)
            for group in categories.groups(context.uow, context.case["scheme"])
            for option in group.options
        ]
    if widget == "condition":
        kind = context.values.get("kind", context.case["kind"])
        code = context.values.get("category", context.case["category"])
        return conditions_of(context.uow, context.case["scheme"], kind, code)
    if widget == "unit":
        return _units(context)
    if "oneOf" in described:
        return [
            Choice(
                str(one.get("const", "")),
                label(one, spoken, str(one.get("const", ""))),
                one.get("x-tone", "plain"),
            )
            for one in described["oneOf"]
        ]
    return [Choice(str(one), str(one)) for one in described.get("enum", ()) if one is not None]


def conditions_of(uow: UnitOfWork, scheme: str, kind: str, code: str) -> list[Choice]:
    """The filing conditions of a category, each with its limit."""
    category = city.catalogue(uow).get(scheme, kind, code)
    spoken = language()
    found = []
    for number, one in (category.standards if category else {}).items():
        text = one.condition_en if spoken == "en" else one.condition_zh
        unit = labels.called(labels.UNITS_OF_TIME, one.unit_of_time)
        found.append(Choice(str(number), f"{text} ({one.limit.normalize():f} {unit})"))
    return found


def _units(context: Context) -> list[Choice]:
    """The units that may get the case, those of the platform itself first."""
    tree = unit_tree(context.uow)
    spoken = language()
    platform_id = dispatch.commanding(tree, context.case["platform_id"], context.case["unit_id"])
    levels = dispatch.goes_by_levels(context.uow, context.case["id"])
    return [
        Choice(str(unit.id), unit.name(spoken), group=tree.platform(unit.id).name(spoken))
        for unit in dispatch.choices(tree, platform_id, levels=levels)
    ]
