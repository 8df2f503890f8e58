"""A real browser in front of a whole installation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.installation import Installation, installed


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """An installation of this test process alone, with its web server."""
    with installed() as one:
        one.start("web")
        one.wait_until_up()
        yield one


# Not for the whole session: while it lasts, no other test can have an event loop of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no browser: run the tests by `make test`, which finds or installs one"
    # A busy machine is slow, not wrong.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """A Chinese page at a desk; whatever goes wrong in it, or asks for anything but this installation, fails the test."""
    context = browser.new_context(
        base_url=installation.url, locale="zh-CN", viewport={"width": 1440, "height": 900}
    )
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(f"script: {error}"))
    opened.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    opened.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((installation.url, "data:", "blob:"))
            else trouble.append(f"asked for {asked.url}")
        ),
    )
    yield opened
    context.close()
    assert trouble == []
