"""A camera that speaks RTSP over TCP as well, or as badly, as it is told to."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import av

from tests.vision.servers import Line, Server, serving

_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
    "m=audio 0 RTP/AVP 0\r\na=control:track0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 {codec}/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)


def units(film: bytes, codec: str = "h264") -> list[list[bytes]]:
    """The NAL units of each picture of a film, in the order of decoding."""
    found = []
    with av.open(io.BytesIO(film), "r") as container:
        stream = container.streams.video[0]
        plain = av.BitStreamFilterContext(f"{codec}_mp4toannexb", stream)
        for packet in container.demux(stream):
            for whole in plain.filter(packet if packet.size else None):
                data = bytes(whole).replace(b"\0\0\0\1", b"\0\0\1")
                found.append([unit for unit in data.split(b"\0\0\1") if unit])
    return found


class Packets:
    """RTP packets as cameras make them: small units together, large ones in parts.

    Args:
        most: bytes of a packet's payload.
    """

    def __init__(self, codec: str = "h264", most: int = 300) -> None:
        self._codec = codec
        self._most = most
        self._sequence = 65_530
        self._stamp = (1 << 32) - 18_000
        self._pictures = 0

    def of(self, picture: list[bytes], lost: int | None = None, shown: int | None = None) -> bytes:
        """The interleaved packets of one picture.

        Args:
            lost: the number of a packet that is left out.
            shown: after how many others it is shown; without it, after all that came.
        """
        stamp = (self._stamp + 9000 * (self._pictures if shown is None else shown)) & 0xFFFFFFFF
        self._pictures += 1
        payloads = self._payloads(picture)
        made = b""
        for number, payload in enumerate(payloads):
            marker = 0x80 if number == len(payloads) - 1 else 0
            header = struct.pack(">BBHII", 0x80, marker | 96, self._sequence & 0xFFFF, stamp, 7)
            self._sequence += 1
            if number != lost:
                made += struct.pack(">cBH", b"$", 0, len(header + payload)) + header + payload
        return made

    def _payloads(self, picture: list[bytes]) -> list[bytes]:
        small = [unit for unit in picture if len(unit) <= self._most]
        payloads = []
        if len(small) > 1:
            together = b"\x18" if self._codec == "h264" else b"\x60\x01"
            payloads.append(together + b"".join(struct.pack(">H", len(unit)) + unit for unit in small))
        else:
            payloads += small
        for unit in picture:
            if len(unit) > self._most:
                payloads += self._parts(unit)
        return payloads

    def _parts(self, unit: bytes) -> list[bytes]:
        size = 1 if self._codec == "h264" else 2
        head, body = unit[:size], unit[size:]
        pieces = [body[place : place + self._most] for place in range(0, len(body), self._most)]
        parts = []
        for number, piece in enumerate(pieces):
            flags = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
            if self._codec == "h264":
                parts.append(bytes([head[0] & 0xE0 | 28, flags | head[0] & 0x1F]) + piece)
            else:
                parts.append(bytes([head[0] & 0x81 | 49 << 1, head[1], flags | head[0] >> 1 & 0x3F]) + piece)
        return parts


@contextmanager
def camera(
    play: Callable[[Line], None], codec: str = "H264", first: Callable[[str], bytes] | None = None
) -> Iterator[Server]:
    """A camera at whose stream `play` is called once it plays.

    Args:
        first: answers requests itself, where it gives anything.
    """

    def talk(line: Line) -> None:
        while request := line.request():
            server.requests.append(request)
            number = next(text[6:].strip() for text in request.split("\r\n") if text.startswith("CSeq:"))
            method = request.split(" ")[0]
            if first is not None and (said := first(request)):
                line.send(said)
                continue
            if method == "DESCRIBE":
                body = _SDP.format(codec=codec).encode()
                line.send(
                    reply(number, f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n") + body
                )
            elif method == "SETUP":
                more = "Session: 12345678;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
                line.send(reply(number, more))
            else:
                line.send(reply(number))
            if method == "PLAY":
                play(line)

    with serving(talk) as server:
        yield server


def reply(number: str, more: str = "", status: str = "200 OK") -> bytes:
    """An answer of RTSP."""
    return f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n{more}\r\n".encode()
