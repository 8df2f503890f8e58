"""An authority that stamps with the time: OpenSSL's, on loopback, with a root certificate of its own."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.crt
signer_key = {folder}/tsa.key
certs = {folder}/root.crt
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
[extensions]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""
_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"


@dataclass
class Authority:
    """An authority with its certificate and that of its root.

    Attributes:
        folder: holds ``root.crt``.
        queries: what it was asked.
        url: where it answers.
        answer: what it answers instead of a stamp, where a test chose something: status, media type and body.
        stall: lets it answer nothing until this is set.
    """

    folder: Path
    queries: list[bytes] = field(default_factory=list)
    url: str = ""
    answer: tuple[int, str, bytes] | None = None
    stall: threading.Event | None = None

    @property
    def root(self) -> Path:
        """The certificate to which its own leads."""
        return self.folder / "root.crt"

    def stamp(self, query: bytes) -> bytes:
        """What it answers to a request."""
        (self.folder / "query").write_bytes(query)
        self._openssl(
            f"ts -reply -config {self.folder}/tsa.cnf -queryfile {self.folder}/query -out {self.folder}/reply"
        )
        return (self.folder / "reply").read_bytes()

    def make(self) -> None:
        """Make its keys and certificates."""
        at = self.folder
        (at / "tsa.cnf").write_text(_CONFIGURATION.format(folder=at))
        (at / "serial").write_text("01")
        self._openssl(
            f"req -x509 {_NEW_KEY} -keyout {at}/root.key -out {at}/root.crt -subj /CN=Root -days 3650"
        )
        self._openssl(f"req {_NEW_KEY} -keyout {at}/tsa.key -out {at}/tsa.csr -subj /CN=Authority")
        self._openssl(
            f"x509 -req -in {at}/tsa.csr -CA {at}/root.crt -CAkey {at}/root.key -CAcreateserial -days 3650"
            f" -extfile {at}/tsa.cnf -extensions extensions -out {at}/tsa.crt"
        )

    def _openssl(self, words: str) -> None:
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True, timeout=60)


def made(folder: Path) -> Authority:
    """A new authority; skipped where there is no OpenSSL."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl")
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder)
    authority.make()
    return authority


@contextmanager
def serving(authority: Authority) -> Iterator[Authority]:
    """Let an authority answer by HTTP on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.queries.append(query)
            if authority.stall is not None:
                authority.stall.wait(60)
                return
            reply = authority.answer or (200, "application/timestamp-reply", authority.stamp(query))
            status, media_type, body = reply
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", authority.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield authority
    finally:
        if authority.stall is not None:
            authority.stall.set()
        server.shutdown()
        thread.join()
        server.server_close()
