"""Languages: sentences in the one of the UI's languages that a client of the API prefers."""

from __future__ import annotations

from flask import current_app, request
from flask_babel import force_locale

from web import languages

#: The first is taken where a client asks for none of them.
LANGUAGES = ("en", "zh")


def language() -> str:
    """The language of the answer, by the header Accept-Language alone: no session says how a program reads."""
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def say(text: str) -> str:
    """A sentence in the language of the answer; English where the application has no translations."""
    if not text or "babel" not in current_app.extensions:
        return str(text)
    with force_locale(language()):
        return languages.say(text)
