"""Time stamps of evidence: verified offline against an authority's root; whatever is changed in one is found."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests import authority as authorities
from tests.authority import Authority
from tests.vision.test_evidence import _bundle
from vision.errors import VisionError
from vision.evidence import layout, stamp
from vision.evidence.decision import add, manifest_of
from vision.evidence.keys import Signer
from vision.evidence.stamp import StampError
from vision.evidence.verify import verify

MANIFEST = b'{"format":"gridcase-evidence/1"}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authorities.made(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authorities.made(tmp_path_factory.mktemp("stranger"))


def test_the_stamp_of_an_authority_leads_to_its_root(authority: Authority) -> None:
    request = stamp.request(MANIFEST)

    found = stamp.examined(
        authority.stamp(request.content), MANIFEST, stamp.read_roots(authority.root), request.nonce
    )

    assert found.certified


def test_without_roots_nobody_is_certified(authority: Authority) -> None:
    found = stamp.examined(authority.stamp(stamp.request(MANIFEST).content), MANIFEST)

    assert not found.certified


def test_the_stamp_of_something_else_is_wrong(authority: Authority) -> None:
    answer = authority.stamp(stamp.request(b"something else").content)

    with pytest.raises(StampError) as refused:
        stamp.examined(answer, MANIFEST)

    assert refused.value.kind == "wrong"


def test_an_answer_to_another_request_is_wrong(authority: Authority) -> None:
    answer = authority.stamp(stamp.request(MANIFEST).content)

    with pytest.raises(StampError) as refused:
        stamp.examined(answer, MANIFEST, nonce=stamp.request(MANIFEST).nonce)

    assert refused.value.kind == "wrong"


def test_a_stamp_of_another_authority_is_wrong(authority: Authority, stranger: Authority) -> None:
    answer = stranger.stamp(stamp.request(MANIFEST).content)

    with pytest.raises(StampError) as refused:
        stamp.examined(answer, MANIFEST, stamp.read_roots(authority.root))

    assert refused.value.kind == "wrong"


def test_what_an_authority_refuses_is_no_stamp(authority: Authority) -> None:
    # It stamps SHA-256 only; a request that it cannot read is refused by the protocol.
    answer = authority.stamp(b"no request")

    with pytest.raises(StampError) as refused:
        stamp.examined(answer, MANIFEST)

    assert refused.value.kind == "refused"


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"\x30\x80" * 1000, b"\x30" * 70_000, b"\x30\x84\xff\xff\xff\xff"]
)
def test_what_is_no_stamp_is_said_to_be_none(answer: bytes) -> None:
    with pytest.raises(StampError) as refused:
        stamp.examined(answer, MANIFEST)

    assert refused.value.kind == "no_stamp"


def test_a_stamped_bundle_stands_and_any_flipped_byte_of_its_stamp_is_found(
    authority: Authority, tmp_path: Path
) -> None:
    signer = Signer.of(tmp_path / "home")
    folder = _bundle(tmp_path / "b", signer).folder
    add(folder, layout.STAMP, authority.stamp(stamp.request(manifest_of(folder)).content), signer)
    keys, roots = {signer.public.id: signer.public}, stamp.read_roots(authority.root)
    path = folder / layout.STAMP
    kept, chance = path.read_bytes(), random.Random(3161)

    assert verify(folder, keys, roots) == []
    for at in chance.sample(range(len(kept)), 60):
        content = bytearray(kept)
        content[at] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        assert verify(folder, keys), f"byte {at}"


def test_the_stamp_of_another_bundle_is_found(authority: Authority, tmp_path: Path) -> None:
    signer = Signer.of(tmp_path / "home")
    folder = _bundle(tmp_path / "b", signer).folder

    # Even one that the city itself has signed.
    add(folder, layout.STAMP, authority.stamp(stamp.request(MANIFEST).content), signer)

    (problem,) = verify(folder, {signer.public.id: signer.public})
    assert problem.file == layout.STAMP


@pytest.mark.parametrize("content", [None, b"none"])
def test_a_file_of_roots_that_is_none_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(VisionError, match=r"roots\.pem"):
        stamp.read_roots(path)
