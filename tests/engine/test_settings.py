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
        ("GRIDCASE_WEBHOOK_HOSTS", "example.org"),
        ("GRIDCASE_SMTP_URL", "example.org"),
        ("GRIDCASE_CAMERA_NETWORKS", "10.20.0.7/16"),
        ("GRIDCASE_CAMERA_NETWORKS", "camera.example.org"),
        ("GRIDCASE_TSA_URL", "ftp://tsa.example.org"),
        ("GRIDCASE_TSA_URL", "https://city:secret@tsa.example.org"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({name: value})


def test_another_address_needs_a_database_of_its_own() -> None:
    environment = {"GRIDCASE_HOST": "0.0.0.0", "GRIDCASE_DATABASE_URL": "postgresql://city@db/city"}

    assert Settings.from_environment(environment).database_url == "postgresql+psycopg://city@db/city"


def test_hosts_and_a_mail_server_are_read() -> None:
    environment = {
        "GRIDCASE_WEBHOOK_HOSTS": f"hooks.example.org whsec_{'A' * 32}",
        "GRIDCASE_SMTP_URL": "smtp://mail.example.org",
        "GRIDCASE_MAIL_FROM": "city@example.org",
        "GRIDCASE_MAIL_DOMAINS": "example.org",
    }

    settings = Settings.from_environment(environment)

    assert [one.host for one in settings.receivers] == ["hooks.example.org"]
    assert settings.mail is not None
    assert settings.mail.host == "mail.example.org"


def test_no_secret_is_shown_with_the_settings() -> None:
    environment = {
        "GRIDCASE_WEBHOOK_HOSTS": f"hooks.example.org whsec_{'Q' * 32}",
        "GRIDCASE_SMTP_URL": "smtp://city:pass-word@mail.example.org",
        "GRIDCASE_MAIL_FROM": "city@example.org",
        "GRIDCASE_MAIL_DOMAINS": "example.org",
    }

    shown = repr(Settings.from_environment(environment))

    assert "QQQQ" not in shown
    assert "pass-word" not in shown
