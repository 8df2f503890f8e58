"""The layout of a bundle: the names of its files and their bounds, for whoever writes one and whoever verifies one."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

FORMAT = "gridcase-evidence/1"
MANIFEST, DECISION, STAMP = "manifest.json", "decision.json", "stamp.tsr"
#: What is signed by itself; each may lie beside the manifest and has its signature beside it.
SIGNED = (MANIFEST, DECISION, STAMP)

#: Of the digest of the bundle before the first one.
GENESIS = "0" * 64

MAX_FILES = 64
MAX_MANIFEST = 1024 * 1024
MAX_FILE = 256 * 1024 * 1024
MAX_BUNDLE = 512 * 1024 * 1024

#: What a file of a bundle may be called: one name on every system, and no way out of the folder.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.(?:jpg|mp4)")
SHA256 = re.compile(r"[0-9a-f]{64}")
MEDIA_TYPES = {"jpg": "image/jpeg", "mp4": "video/mp4"}


def signature_of(name: str) -> str:
    """The name of the file with the signature of another one."""
    return name.rpartition(".")[0] + ".sig"


def written(statement: Any) -> bytes:
    """A statement as it is signed: JSON in UTF-8, keys in the order of their characters, no spaces."""
    return orjson.dumps(statement, option=orjson.OPT_SORT_KEYS)


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def bound(manifest: bytes, name: str, content: bytes) -> bytes:
    """What is signed of a file that was added later: the manifest beside which it lies, its name and its content."""
    return hashlib.sha256(manifest).digest() + name.encode() + b"\0" + content
