"""Settings: what cannot be used is refused with the name of its variable."""

from __future__ import annotations

import pytest

from engine.errors import ConfigurationError
from engine.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRIDCASE_PORT", "http"),
        ("GRIDCASE_PORT", "70000"),
        ("GRIDCASE_TIME_ZONE", "Xian"),
        ("GRIDCASE_DATABASE_URL", "sqlite:///x.db"),
        ("GRIDCASE_HOST", "0.0.0.0"),
        ("GRIDCASE_PROXIES", "many"),
        ("GRIDCASE_PORT", "８０"),
        ("GRIDCASE_METRICS_TOKEN", "short"),
        ("GRIDCASE_METRICS_TOKEN", "with blanks and of a good length"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({name: value})


def test_another_address_needs_a_database_of_its_own() -> None:
    environment = {"GRIDCASE_HOST": "0.0.0.0", "GRIDCASE_DATABASE_URL": "postgresql://city@db/city"}

    assert Settings.from_environment(environment).database_url == "postgresql+psycopg://city@db/city"
