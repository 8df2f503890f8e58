"""From whom a request is: what is counted against them, which nobody may put on others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.settings import Settings
from tests.web.conftest import Town
from web.app import create_app
from web.limits import sender


@pytest.mark.parametrize(
    ("proxies", "told", "expected"),
    [
        (0, ["203.0.113.5"], "127.0.0.1"),
        (1, ["203.0.113.5"], "203.0.113.5"),
        (1, ["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        (1, ["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
        (2, ["198.51.100.1, 203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        (2, ["203.0.113.5"], "127.0.0.1"),
        (1, ["nonsense"], "127.0.0.1"),
        (1, [], "127.0.0.1"),
    ],
)
def test_only_the_citys_own_proxies_say_where_a_request_came_from(
    town: Town, settings: Settings, proxies: int, told: list[str], expected: str
) -> None:
    app = create_app(replace(settings, proxies=proxies), town.database)
    headers = [("X-Forwarded-For", one) for one in told]

    with app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert sender() == expected


def test_tries_are_counted_whatever_a_request_says_of_itself(town: Town) -> None:
    browser = town.browser()
    tries = [
        browser.post(
            "/sign-in",
            data={"login": f"nobody{n}", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        )
        for n in range(11)
    ]

    assert tries[-1].status_code == 429
