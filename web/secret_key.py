"""The key that signs session cookies: made once for an installation, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from engine.errors import ConfigurationError

_LENGTH = 64


def secret_key(home: Path) -> str:
    """Read the key of an installation, and make it first where there is none.

    Args:
        home: the folder of everything that the program writes.

    Raises:
        ConfigurationError: the file cannot be used; names it.
    """
    file = home / "secret"
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Written whole under another name first: two processes that start together take the same key.
        written = home / f".secret.{os.getpid()}"
        handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_LENGTH // 2))
        try:
            os.link(written, file)
        except FileExistsError:
            file.chmod(0o600)
        finally:
            written.unlink()
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be used as the key of sessions: {error}") from error
    if len(key) < _LENGTH:
        raise ConfigurationError(f"{file} is too short: remove it, and a new key is made")
    return key
