"""Keys: with which an installation signs evidence, and by which anybody verifies it (Ed25519, RFC 8032)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from vision.errors import VisionError
from vision.evidence.layout import digest

_PRIVATE = "evidence.key"
_MAX_PEM = 10_000


@dataclass(frozen=True)
class PublicKey:
    """A key by which signatures are verified.

    Attributes:
        id: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes; a manifest names it.
    """

    id: str
    key: Ed25519PublicKey

    @classmethod
    def of(cls, key: Ed25519PublicKey) -> PublicKey:
        """The key with its id."""
        return cls(digest(key.public_bytes(Encoding.Raw, PublicFormat.Raw))[:16], key)

    @property
    def pem(self) -> bytes:
        """As it is handed to others (PEM, SubjectPublicKeyInfo)."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's over a content."""
        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


#: Public keys by their ids.
PublicKeys = Mapping[str, PublicKey]


class Signer:
    """Signs by the private key of an installation."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey.of(private.public_key())

    @classmethod
    def of(cls, home: Path) -> Signer:
        """The signer of an installation; its key is made when there is none.

        The key lies in ``keys/evidence.key`` under the home, readable by its owner alone; beside it, by their ids, all public
        keys that there ever were.

        Raises:
            VisionError: the file holds no Ed25519 key.
        """
        path = home / "keys" / _PRIVATE
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            content = _made(path)
        try:
            private = load_pem_private_key(content, None)
        except (ValueError, TypeError) as error:
            raise _no_key(path) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise _no_key(path)
        signer = cls(private)
        public = path.parent / f"evidence-{signer.public.id}.pem"
        if not public.exists():
            _put(public, signer.public.pem, 0o644)
        return signer

    def sign(self, content: bytes) -> bytes:
        """The signature over a content: 64 bytes."""
        return self._private.sign(content)


def renew(home: Path) -> Signer:
    """Sign by a new key from now on; the old public key stays, so that what it signed still verifies."""
    Signer.of(home)
    path = home / "keys" / _PRIVATE
    _put(path, _pem(Ed25519PrivateKey.generate()), 0o600)
    return Signer.of(home)


def of_home(home: Path) -> PublicKeys:
    """All public keys that an installation ever had, the present one included."""
    Signer.of(home)
    return read(sorted((home / "keys").glob("evidence-*.pem")))


def read(paths: list[Path]) -> PublicKeys:
    """The public keys in some files.

    Raises:
        VisionError: a file holds no Ed25519 public key; names `key`.
    """
    keys = [_read(path) for path in paths]
    return {one.id: one for one in keys}


def _read(path: Path) -> PublicKey:
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(_MAX_PEM))
    except OSError as error:
        raise VisionError(
            "%(path)s cannot be read: %(why)s.", field="key", path=path, why=error.strerror
        ) from error
    except (ValueError, TypeError) as error:
        raise _no_key(path) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path)
    return PublicKey.of(key)


def _no_key(path: Path) -> VisionError:
    return VisionError(
        "%(path)s is no Ed25519 key in PEM: give the file that `gridcase evidence key` wrote.",
        field="key",
        path=path,
    )


def _made(path: Path) -> bytes:
    """A new private key in a file; that of another process that was quicker, if one was."""
    new = path.with_name(f"{_PRIVATE}.{secrets.token_hex(8)}.new")
    _put(new, _pem(Ed25519PrivateKey.generate()), 0o600)
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()
    return path.read_bytes()


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _put(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
