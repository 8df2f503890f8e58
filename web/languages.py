"""The language of a page, and the sentences of other rooms said in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask, g, request, session
from flask_babel import Babel, format_datetime, get_locale, get_translations, gettext

from engine.messages import Message
from engine.settings import Settings
from web.people import person

#: By their codes; the first is taken where a browser asks for none of them.
LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
_TAGS = {"zh": "zh-CN", "en": "en"}


def init_app(app: Flask, settings: Settings) -> None:
    """Let an application speak these languages, in the time zone of the city."""
    Babel(
        app,
        default_locale="en",
        locale_selector=chosen,
        default_timezone=str(settings.time_zone),
    )
    # The library looks the language up anew for each sentence, which took half the time of a page with a long list.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, number: _translations().ungettext(one, many, number),
        newstyle=True,
    )


def _translations() -> Any:
    """The sentences of the language of the current request, looked up once."""
    if "translations" not in g:
        g.translations = get_translations()
    return g.translations


def chosen() -> str:
    """The language of the current request: the one chosen in this session, the person's own, or the browser's."""
    found = person()
    for wanted in (session.get("language"), found.language if found else None):
        if wanted in LANGUAGES:
            return str(wanted)
    return request.accept_languages.best_match(list(LANGUAGES)) or next(iter(LANGUAGES))


def language() -> str:
    """The language in which the current page is written: ``zh`` or ``en``."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


def tag() -> str:
    """The same as an attribute `lang` wants it."""
    return _TAGS[language()]


def say(message: str) -> str:
    """A sentence of the program in the language of the page."""
    if isinstance(message, Message):
        values = {
            name: say(value) if isinstance(value, Message) else value
            for name, value in message.values.items()
        }
        said = gettext(message.template)
        return str(said % values if values else said)
    return str(gettext(message)) if message else ""


def named(row: Mapping[str, Any], field: str = "name") -> str:
    """The name that a row has in the language of the page (``name_zh`` or ``name_en``)."""
    return str(row[f"{field}_{language()}"] or row[f"{field}_zh"])


def moment(at: datetime | None) -> str:
    """A point in time in the city's time zone, to the minute."""
    if at is None:
        return ""
    return str(format_datetime(at, "yyyy-MM-dd HH:mm"))
