"""The OpenAPI 3.1 document of the API, made from the views and their models."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from web.api.blueprint import SESSION, SIGNATURE, TOKEN, api
from web.api.problems import Problem

VERSION = "1.0.0"

_ABOUT = (
    "The commands of the pages for programs. Instants are in UTC. Every refusal is an `application/problem+json`, "
    "in English or, with `Accept-Language: zh`, in Chinese."
)


@cache
def document() -> dict[str, Any]:
    """The document as JSON values."""
    describing = OpenAPI(
        __name__,
        info=Info(title="Gridcase", version=VERSION, description=_ABOUT),
        security_schemes={
            TOKEN: {"type": "http", "scheme": "bearer", "description": "A person's token."},
            SESSION: {
                "type": "apiKey",
                "in": "cookie",
                "name": "gridcase",
                "description": "Of somebody who signed in on the pages; for scripts of the pages.",
            },
            SIGNATURE: {
                "type": "apiKey",
                "in": "header",
                "name": "webhook-signature",
                "description": "Of a sender, by its secret, over `webhook-id`, `webhook-timestamp` and the body (Standard Webhooks).",
            },
        },
        # The model is listed under this name; each view names its own responses.
        validation_error_model=Problem,
        doc_ui=False,
        static_folder=None,
    )
    describing.register_api(api)
    return describing.api_doc
