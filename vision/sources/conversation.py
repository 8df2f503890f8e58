"""A conversation in RTSP 1.0 (RFC 2326) over one TCP connection, the packets of the stream among its answers.

Redirects are not followed, and no address that the camera names is ever connected to.
"""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from vision.sources.allowed import Allowed
from vision.sources.challenge import Challenge
from vision.sources.reach import Deadline, connect, secure
from vision.sources.sdp import Track, video
from vision.sources.source import PORTS, Source
from vision.sources.trouble import SourceTrouble

_HEAD_BYTES = 16 * 1024
_BODY_BYTES = 64 * 1024
_CHUNK = 64 * 1024
_DOLLAR = 0x24
# Packets that are still on their way when a camera answers the last request before they are asked for.
_STRAYS = 1000


@dataclass(frozen=True)
class Reply:
    """What a camera answers: its status and headers (names in small letters, each with all its values), and the body."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def first(self, name: str) -> str:
        """The first value of a header; empty where there is none."""
        return next(iter(self.headers.get(name, [])), "")


class Conversation:
    """Signs in, asks for the first video, and reads its packets.

    Args:
        deadline: for everything until the stream plays.

    Raises:
        SourceTrouble: ``forbidden``, ``unreachable``, ``refused``, ``too_slow``, ``not_a_picture``, ``ended``.
    """

    def __init__(self, source: Source, allowed: Allowed, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline
        parts = urlsplit(source.address)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        self._socket = connect(parts.scheme, host, port, allowed, deadline)
        self._buffer = bytearray()
        self._number = 0
        self._session = ""
        self._challenge: Challenge | None = None
        self._channel = 0
        #: Seconds after which the camera forgets whoever says nothing.
        self.patience = 60.0
        try:
            if parts.scheme == "rtsps":
                self._socket = secure(self._socket, host, source.verify, deadline)
            self.track = self._begin()
        except BaseException:
            self._socket.close()
            raise

    def packets(self, seconds: float) -> tuple[int, list[bytes]]:
        """The packets that are here, or come with the next bytes.

        Returns:
            How many came, and the RTP packets of the track that are complete with them.

        Raises:
            SourceTrouble: ``too_slow`` after so many seconds with none, ``ended``, ``damaged``: neither packet nor answer.
        """
        # Some come together with the answer to the last request.
        if found := self._complete():
            return 0, found
        return self._receive(seconds), self._complete()

    def keep_alive(self) -> None:
        """Say that somebody still looks; the answer is passed over among the packets."""
        self._send("OPTIONS", self._source.address)

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        with contextlib.suppress(OSError, SourceTrouble):
            self._socket.settimeout(0.2)
            self._send("TEARDOWN", self._source.address)
            # Who waits for bytes in another thread is told.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _complete(self) -> list[bytes]:
        """Take the packets out of the buffer that are there as a whole; answers among them are passed over."""
        found = []
        place, buffer = 0, self._buffer
        while len(buffer) - place >= 4:
            if buffer[place] != _DOLLAR:
                size = self._passed(place)
                if not size:
                    break
                place += size
                continue
            end = place + 4 + (buffer[place + 2] << 8 | buffer[place + 3])
            if len(buffer) < end:
                break
            if buffer[place + 1] == self._channel:
                found.append(bytes(buffer[place + 4 : end]))
            place = end
        del buffer[:place]
        return found

    def _begin(self) -> Track:
        """Describe, set up, play."""
        reply = self._request("DESCRIBE", self._source.address, {"Accept": "application/sdp"})
        base = reply.first("content-base") or reply.first("content-location") or self._source.address
        track = video(reply.body.decode("utf-8", "replace"), base)
        reply = self._request("SETUP", track.control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        session, _, options = reply.first("session").partition(";")
        self._session = session.strip()
        name, _, seconds = options.strip().partition("=")
        if name.lower() == "timeout" and seconds.strip().isdecimal():
            self.patience = min(max(float(seconds), 2.0), 3600.0)
        for option in reply.first("transport").split(";"):
            name, _, channels = option.partition("=")
            first = channels.partition("-")[0]
            if name.strip().lower() == "interleaved" and first.isdecimal() and len(first) <= 3:
                self._channel = int(first)
        self._request("PLAY", base, {"Range": "npt=0.000-"})
        return track

    def _request(self, method: str, address: str, headers: dict[str, str]) -> Reply:
        """Send, and read the answer; once more with the password where the camera asks for it."""
        self._send(method, address, headers)
        reply = self._reply()
        if reply.status == 401 and self._source.user:
            self._challenge = Challenge(reply.headers.get("www-authenticate", []))
            self._send(method, address, headers)
            reply = self._reply()
        if 300 <= reply.status < 400:
            raise SourceTrouble(
                "refused", f"it redirects ({reply.status}), which is not followed: name the other address"
            )
        if reply.status != 200:
            raise SourceTrouble("refused", f"{method} is answered {reply.status}")
        return reply

    def _send(self, method: str, address: str, headers: dict[str, str] | None = None) -> None:
        self._number += 1
        lines = [f"{method} {address} RTSP/1.0", f"CSeq: {self._number}", "User-Agent: gridcase"]
        if self._session:
            lines.append(f"Session: {self._session}")
        if self._challenge is not None:
            proof = self._challenge.answer(self._source.user, self._source.password, method, address)
            lines.append(f"Authorization: {proof}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        try:
            self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        except OSError as error:
            raise SourceTrouble("ended", f"the connection is closed: {error}") from None

    def _reply(self) -> Reply:
        """The next answer; packets before it are passed over."""
        for _ in range(_STRAYS):
            while len(self._buffer) < 4:
                self._receive(self._deadline.check("signing in"))
            if self._buffer[0] == _DOLLAR:
                end = 4 + int.from_bytes(self._buffer[2:4])
                while len(self._buffer) < end:
                    self._receive(self._deadline.check("signing in"))
                del self._buffer[:end]
                continue
            while not (size := self._passed(0)):
                self._receive(self._deadline.check("signing in"))
            message = bytes(self._buffer[:size])
            del self._buffer[:size]
            reply = _read(message)
            if reply is not None:
                return reply
        raise SourceTrouble("refused", "it does not answer among its packets")

    def _passed(self, place: int) -> int:
        """How many bytes the message has that begins there; 0 where it is not complete yet."""
        end = self._buffer.find(b"\r\n\r\n", place, place + _HEAD_BYTES)
        if end < 0:
            if len(self._buffer) - place >= _HEAD_BYTES or not self._buffer[place : place + 1].isalpha():
                raise SourceTrouble("damaged", "what it sends is no RTSP")
            return 0
        head = bytes(self._buffer[place:end]).lower()
        if b"rtsp/1." not in head.partition(b"\r\n")[0]:
            raise SourceTrouble("damaged", "what it sends is no RTSP")
        body = 0
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                text = line.partition(b":")[2].strip()
                body = int(text) if text.isdigit() and len(text) < 8 else _BODY_BYTES + 1
        if body > _BODY_BYTES:
            raise SourceTrouble("too_large", f"an answer has more than {_BODY_BYTES} bytes")
        size = end + 4 - place + body
        return size if len(self._buffer) - place >= size else 0

    def _receive(self, seconds: float) -> int:
        try:
            self._socket.settimeout(max(seconds, 0.01))
            chunk = self._socket.recv(_CHUNK)
        except TimeoutError:
            raise SourceTrouble("too_slow", f"nothing came for {seconds:.1f} s") from None
        except OSError as error:
            raise SourceTrouble("ended", f"the connection broke: {error}") from None
        if not chunk:
            raise SourceTrouble("ended", "the camera closed the connection")
        self._buffer += chunk
        return len(chunk)


def _read(message: bytes) -> Reply | None:
    """An answer; None for a request of the camera's own, which needs none."""
    head, _, body = message.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.upper().startswith("RTSP/"):
        return None
    status = rest.partition(" ")[0]
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Reply(int(status) if status.isdecimal() and len(status) == 3 else 0, headers, body)
