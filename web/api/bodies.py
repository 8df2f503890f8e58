"""Bodies: the JSON or the file of a request, read within bounds before anything else is done with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from engine.messages import Message
from web.api.problems import Refusal, of_http

MAX_JSON = 256 * 1024
#: A photograph with what a form puts around it.
MAX_UPLOAD = 21 * 1024 * 1024
_MAX_DEPTH = 12


def read_json() -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        Refusal: it is too large, of another media type, no JSON, or no object.
    """
    return parse_json(read_body())


def read_body() -> bytes:
    """The bytes of a request that brings JSON, as they came.

    Raises:
        Refusal: it is too large, or of another media type.
    """
    if request.mimetype != "application/json":
        raise Refusal(415, Message("Send JSON, with the header `Content-Type: application/json`."))
    request.max_content_length = MAX_JSON
    try:
        content = request.get_data(cache=False)
        if len(content) >= MAX_JSON:
            # A body that does not say its length is cut off at the bound.
            raise RequestEntityTooLarge
    except HTTPException as error:
        raise of_http(error) from error
    return content


def parse_json(content: bytes) -> dict[str, Any]:
    """The JSON object that bytes are.

    Raises:
        Refusal: they are no JSON, or no object.
    """
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Refusal(
            400, Message("This is not JSON: %(reason)s.", reason=error.msg.split(":")[0])
        ) from error
    if not isinstance(found, dict):
        raise Refusal(422, Message("Send a JSON object."))
    _check_texts(found)
    return found


def read_form() -> dict[str, Any]:
    """The fields and files of a multipart request by name, the last of each.

    Raises:
        Refusal: it is too large, or of another media type.
    """
    if request.mimetype != "multipart/form-data":
        raise Refusal(415, Message("Send a form, with the header `Content-Type: multipart/form-data`."))
    request.max_content_length = MAX_UPLOAD
    try:
        return {**request.form.to_dict(), **request.files.to_dict()}
    except HTTPException as error:
        raise of_http(error) from error


def _check_texts(found: Mapping[str, Any]) -> None:
    """Refuse what no column can hold, wherever it stands: zero bytes, and nesting without an end."""
    unshown = Message("Remove the characters that cannot be shown.")
    deep = Message("This is nested too deeply.")
    errors = {}
    for path, value in _walk("", found, 0):
        if value is _TOO_DEEP:
            errors[path] = deep
        elif "\x00" in value:
            errors[path] = unshown
    if errors:
        raise Refusal(422, Message("The request does not fit: see its fields."), errors)


_TOO_DEEP = "deep"


def _walk(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _MAX_DEPTH:
        yield path, _TOO_DEEP
    elif isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _walk(f"{path}.{name}".lstrip("."), one, depth + 1)
            if "\x00" in name:
                yield path or ".", name
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _walk(f"{path}.{index}", one, depth + 1)
