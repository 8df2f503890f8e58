"""Where an installation keeps its things: read once from the environment, and handed on."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine import base_map as base_maps
from engine import mail as mails
from engine import receivers as allowed
from engine import time_stamping
from engine.errors import ConfigurationError


@dataclass(frozen=True)
class Settings:
    """The settings of one installation.

    Attributes:
        home: folder of everything the program writes (``GRIDCASE_HOME``, ``./var`` if unset).
        database_url: SQLAlchemy URL of a PostgreSQL database (``GRIDCASE_DATABASE_URL``), or None for the embedded server.
        host: address the web server binds to (``GRIDCASE_HOST``).
        port: its port (``GRIDCASE_PORT``).
        time_zone: the city's time zone (``GRIDCASE_TIME_ZONE``): days, working hours and case numbers are of this zone.
        title: the city's name for its platform, shown on every page (``GRIDCASE_TITLE``); empty for the product's own.
        proxies: how many proxies of the city's own stand before the web server (``GRIDCASE_PROXIES``), each adding to
            ``X-Forwarded-For`` the address that it was called from; with none that header is not believed.
        receivers: the hosts to which webhooks may be sent (``GRIDCASE_WEBHOOK_HOSTS``).
        mail: the mail server (``GRIDCASE_SMTP_URL``, ``GRIDCASE_MAIL_FROM``, ``GRIDCASE_MAIL_DOMAINS``), or None.
        base_map: the service of map tiles below the city's own layers (``GRIDCASE_TILES_URL``, ``GRIDCASE_TILES_ATTRIBUTION``,
            ``GRIDCASE_TILES_DATUM``), or None for a plain ground.
        camera_networks: the networks in which cameras may be asked for pictures (``GRIDCASE_CAMERA_NETWORKS``); none by default.
        evidence_days: how many days after their case ended the files of evidence are kept (``GRIDCASE_EVIDENCE_DAYS``).
        evidence_rejected_days: the same where the sighting was answered with no (``GRIDCASE_EVIDENCE_REJECTED_DAYS``).
        tsa: the authority that stamps evidence with the time (``GRIDCASE_TSA_URL``, ``GRIDCASE_TSA_ROOTS``), or None.
        metrics_token: with which metrics are read (``GRIDCASE_METRICS_TOKEN``); empty to let this machine alone read them.
    """

    home: Path
    database_url: str | None
    host: str
    port: int
    time_zone: ZoneInfo
    title: str = ""
    proxies: int = 0
    metrics_token: str = field(default="", repr=False)
    receivers: tuple[allowed.Receiver, ...] = ()
    mail: mails.MailServer | None = None
    base_map: base_maps.BaseMap | None = None
    camera_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    evidence_days: int = 180
    evidence_rejected_days: int = 30
    tsa: time_stamping.Authority | None = None

    @property
    def photos(self) -> Path:
        """Folder of the stored photographs, outside everything the web server serves by itself."""
        return self.home / "photos"

    @property
    def evidence(self) -> Path:
        """Folder of the bundles of evidence, and of their public copies."""
        return self.home / "evidence" / "bundles"

    @property
    def cameras(self) -> Path:
        """Folder of what watches keep of cameras for a while: the last stills, and sightings on their way."""
        return self.home / "cameras"

    @property
    def camera_files(self) -> Path:
        """Folder in which the pictures and videos of cameras of the kind "files" lie."""
        return self.cameras / "files"

    @property
    def cache(self) -> Path:
        """Folder of what can be made anew; it may be emptied at any time."""
        return self.home / "cache"

    @property
    def loopback(self) -> bool:
        """Whether the web server can be reached from this machine only."""
        return self.host in {"127.0.0.1", "::1", "localhost"}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises:
            ConfigurationError: a value that cannot be used, with the name of its variable.
        """
        url = environment.get("GRIDCASE_DATABASE_URL") or None
        settings = cls(
            home=Path(environment.get("GRIDCASE_HOME", "var")).absolute(),
            database_url=_database_url(url) if url else None,
            host=environment.get("GRIDCASE_HOST", "127.0.0.1"),
            port=_port(environment.get("GRIDCASE_PORT", "8000")),
            time_zone=_time_zone(environment.get("GRIDCASE_TIME_ZONE", "Asia/Shanghai")),
            title=environment.get("GRIDCASE_TITLE", "")[:60],
            proxies=_proxies(environment.get("GRIDCASE_PROXIES", "0")),
            metrics_token=_metrics_token(environment.get("GRIDCASE_METRICS_TOKEN", "")),
            receivers=_receivers(environment.get("GRIDCASE_WEBHOOK_HOSTS", "")),
            mail=_mail(environment),
            base_map=_base_map(environment),
            camera_networks=_networks(environment.get("GRIDCASE_CAMERA_NETWORKS", "")),
            evidence_days=_days(environment, "GRIDCASE_EVIDENCE_DAYS", 180),
            evidence_rejected_days=_days(environment, "GRIDCASE_EVIDENCE_REJECTED_DAYS", 30),
            tsa=_tsa(environment),
        )
        if settings.database_url is None and not settings.loopback:
            raise ConfigurationError(
                f"GRIDCASE_HOST is {settings.host}, and the embedded database serves this machine only: "
                "set GRIDCASE_DATABASE_URL to a PostgreSQL server of your own, or bind to 127.0.0.1"
            )
        return settings


def _database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            "GRIDCASE_DATABASE_URL must be postgresql://user:password@host/database: only PostgreSQL is supported"
        )
    return f"postgresql+psycopg://{rest}"


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigurationError(f"GRIDCASE_PORT is {text!r}: give a number from 1 to 65535")
    return int(text)


def _proxies(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 9:
        raise ConfigurationError(f"GRIDCASE_PROXIES is {text!r}: give how many there are, from 0 to 9")
    return int(text)


def _metrics_token(text: str) -> str:
    if text and not re.fullmatch(r"[!-~]{16,200}", text):
        raise ConfigurationError(
            "GRIDCASE_METRICS_TOKEN cannot be used: give 16 to 200 characters without spaces, such as `openssl rand -hex 24` makes"
        )
    return text


def _receivers(text: str) -> tuple[allowed.Receiver, ...]:
    try:
        return allowed.read(text)
    except ValueError as error:
        raise ConfigurationError(f"GRIDCASE_WEBHOOK_HOSTS cannot be used: {error}") from error


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise ConfigurationError(
            f"GRIDCASE_CAMERA_NETWORKS cannot be used: {error}: give networks such as 10.20.0.0/16, with spaces between them"
        ) from error


def _days(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 36500:
        raise ConfigurationError(f"{name} is {text!r}: give a number of days from 1 to 36500")
    return int(text)


def _tsa(environment: Mapping[str, str]) -> time_stamping.Authority | None:
    url = environment.get("GRIDCASE_TSA_URL", "")
    if not url:
        return None
    try:
        return time_stamping.read(url, environment.get("GRIDCASE_TSA_ROOTS", ""))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _mail(environment: Mapping[str, str]) -> mails.MailServer | None:
    url = environment.get("GRIDCASE_SMTP_URL", "")
    if not url:
        return None
    sender, domains = environment.get("GRIDCASE_MAIL_FROM", ""), environment.get("GRIDCASE_MAIL_DOMAINS", "")
    try:
        return mails.read(url, sender, domains)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _base_map(environment: Mapping[str, str]) -> base_maps.BaseMap | None:
    url = environment.get("GRIDCASE_TILES_URL", "")
    if not url:
        return None
    attribution = environment.get("GRIDCASE_TILES_ATTRIBUTION", "")
    try:
        return base_maps.read(url, attribution, environment.get("GRIDCASE_TILES_DATUM", "wgs84"))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"GRIDCASE_TIME_ZONE is {name!r}: give a name such as Asia/Shanghai"
        ) from error
