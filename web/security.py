"""What every answer and every changing request must have: headers that bind the browser, and a sender of this site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, session

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "worker-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_SAFE = {"GET", "HEAD", "OPTIONS"}
_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Guard an application."""
    app.before_request(bound_plain_forms)
    app.before_request(refuse_foreign_senders)
    app.after_request(add_headers)


def allow_style_attributes() -> None:
    """Let this answer's page set style attributes, as the diagram viewer does."""
    g.style_attributes = True


def allow_tiles_of(origin: str) -> None:
    """Let this answer's page get map tiles from one other host, and nothing else from anywhere."""
    g.tiles_of = origin


def bound_plain_forms() -> None:
    """Let only requests with files be large: any other form is read into memory whole."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def refuse_foreign_senders() -> None:
    """Refuse a request that changes something and that a page of another site made a browser send (CSRF).

    Every current browser says where a request comes from: `Sec-Fetch-Site`, or else `Origin`. A request with neither is
    no browser's, and holds no session that it does not own. A call of the API with a token of its own is let through: no
    browser adds a token by itself.
    """
    if request.method in _SAFE or (request.path.startswith("/api/") and "Authorization" in request.headers):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def add_headers(response: Response) -> Response:
    """Tell the browser what this site never does."""
    policy = dict(_POLICY)
    if g.get("style_attributes"):
        policy["style-src-attr"] = "'unsafe-inline'"
    if g.get("tiles_of"):
        for name in ("img-src", "connect-src"):
            policy[name] += f" {g.tiles_of}"
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in policy.items())
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    # A follow link is a secret: it leaves with no request to anybody else.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}")
    if request.endpoint == "static" and response.status_code == 200:
        # What the build made has its content's hash in its name.
        response.cache_control.public = True
        response.cache_control.max_age = _YEAR if "-" in request.path.rpartition("/")[2] else 3600
        response.cache_control.immutable = response.cache_control.max_age == _YEAR
        response.cache_control.no_cache = None
    elif "Cache-Control" not in headers or session.modified:
        # With a cookie to be set, what is for everybody is for this one alone.
        headers["Cache-Control"] = "private, no-cache"
    return response
