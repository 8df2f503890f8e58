"""Time stamps (RFC 3161): an authority signs the digest of a manifest together with the time at which it was shown to it.

Nothing here speaks to anybody: a request is made, an answer is looked at, and a stamp that was kept is verified, offline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vision.errors import VisionError
from vision.evidence import layout
from vision.evidence.der import with_sorted_certificates

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

#: Of an answer: the certificates in it are a few kilobytes each.
MAX_STAMP = 64 * 1024
_MAX_ROOTS = 4 * 1024 * 1024
_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = 0


class StampError(Exception):
    """What was answered is no time stamp of this manifest.

    Attributes:
        kind: ``no_stamp``: it cannot be read; ``refused``: the authority says that it gives none; ``wrong``: it is of something else,
            or its signature or certificates are not what they should be.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


@dataclass(frozen=True)
class Request:
    """What an authority is asked.

    Attributes:
        content: the bytes to send, as ``application/timestamp-query``.
        nonce: a number that its answer must repeat.
    """

    content: bytes
    nonce: int


@dataclass(frozen=True)
class Stamp:
    """What a time stamp says.

    Attributes:
        at: when the authority saw the manifest.
        certified: whether its signature was verified up to a root that was given.
    """

    at: datetime
    certified: bool


def request(manifest: bytes) -> Request:
    """A request for a stamp of a manifest, which asks for the authority's certificate too."""
    from rfc3161_client import TimestampRequestBuilder
    from rfc3161_client.base import HashAlgorithm

    builder = TimestampRequestBuilder(data=manifest, hash_algorithm=HashAlgorithm.SHA256)
    made = builder.build()
    assert made.nonce is not None, "the builder adds one"
    return Request(made.as_bytes(), made.nonce)


def examined(
    answer: bytes, manifest: bytes, roots: Sequence[Certificate] = (), nonce: int | None = None
) -> Stamp:
    """What a stamp says, if it is one of this manifest.

    Args:
        answer: a ``TimeStampResp`` as the authority sent it.
        roots: to which its certificate must lead, at the time of the stamp; with none, its signature is not verified.
        nonce: that of the request, where it was asked just now.

    Raises:
        StampError: it is none.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    found = _decoded(answer)
    if found.status != _GRANTED:
        raise StampError("refused", f"the authority answered with the status {found.status}")
    try:
        told = found.tst_info
        imprint = told.message_imprint
        same = imprint.hash_algorithm.dotted_string == _SHA256 and (
            imprint.message == hashlib.sha256(manifest).digest()
        )
        at, number = told.gen_time, told.nonce
    except ValueError as error:
        raise StampError("no_stamp", "the answer has no time stamp") from error
    if not same:
        raise StampError("wrong", "the stamp is of something else")
    if nonce is not None and number != nonce:
        raise StampError("wrong", "the stamp answers another request")
    if roots:
        try:
            VerifierBuilder(roots=list(roots)).build().verify_message(found, manifest)
        except (VerificationError, ValueError) as error:
            raise StampError("wrong", "its signature or its certificates do not stand") from error
    return Stamp(at, bool(roots))


def of_folder(folder: Path, manifest: bytes, roots: Sequence[Certificate] = ()) -> Stamp | None:
    """The stamp of a bundle; None where there is none.

    Raises:
        StampError: as `examined`.
    """
    path = folder / layout.STAMP
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as file:
        return examined(file.read(MAX_STAMP + 1), manifest, roots)


def read_roots(path: Path) -> list[Certificate]:
    """The certificates in a file, in PEM.

    Raises:
        VisionError: it cannot be read or holds none; names `tsa_roots`.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        with path.open("rb") as file:
            return load_pem_x509_certificates(file.read(_MAX_ROOTS))
    except OSError as error:
        raise VisionError(
            "%(path)s cannot be read: %(why)s.", field="tsa_roots", path=path, why=error.strerror
        ) from error
    except ValueError as error:
        raise VisionError("%(path)s holds no certificate in PEM.", field="tsa_roots", path=path) from error


def _decoded(answer: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    if len(answer) > MAX_STAMP:
        raise StampError("no_stamp", f"the answer is larger than {MAX_STAMP} bytes")
    try:
        return decode_timestamp_response(with_sorted_certificates(answer))
    except ValueError as error:
        raise StampError("no_stamp", "the answer is no time stamp") from error
