"""The process that decodes, as its parent holds it: started when it is needed, asked, killed when it takes too long."""

from __future__ import annotations

import contextlib
import json
import math
import mmap
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from vision.frame import Picture
from vision.sources.limits import Limits
from vision.sources.trouble import KINDS, Kind, SourceTrouble

# Loading the libraries takes a second, on a machine with nothing to spare many; it counts for no picture.
_START_SECONDS = 60.0
_ANSWER_BYTES = 1 << 16
_ROOT = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Answer:
    """What came back: a picture or a clip, and seconds where time was asked for."""

    picture: Picture | None = None
    clip: bytes | None = None
    seconds: float = 0.0


class Bounded:
    """One child process at a time and the memory that is shared with it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inbox = max(limits.still_bytes, limits.segment_bytes, limits.clip_bytes)
        # A file in memory without a name: /dev/shm is small in containers. Only pages that were touched count.
        self._fd = os.memfd_create("gridcase-decoder")
        os.ftruncate(self._fd, self._inbox + max(limits.pixels * 3, self._inbox * 2))
        self._memory = mmap.mmap(self._fd, 0)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._worked_before = self._worked_now = 0.0

    @property
    def worked(self) -> float:
        """Seconds of a processor that the processes have taken so far; of one that died, as far as it was asked."""
        process = self._process
        if process is not None:
            # One that has just died has no clock any more: what it took until the last time stands.
            with contextlib.suppress(OSError):
                self._worked_now = time.clock_gettime(_clock(process.pid))
        return self._worked_before + self._worked_now

    @property
    def pid(self) -> int | None:
        """The process, where one runs."""
        return self._process.pid if self._process is not None else None

    def begin(self) -> None:
        """Start the process if there is none."""
        with self._lock:
            self._ready()

    def ask(self, work: str, data: bytes = b"", **given: Any) -> Answer:
        """Have something done, see `vision.sources.child`.

        Raises:
            SourceTrouble: ``too_large``, ``not_a_picture`` or ``damaged``; the last also where it took too long or the process
                ended over it.
        """
        if len(data) > self._inbox:
            raise SourceTrouble("too_large", f"{len(data)} bytes are more than the decoder takes")
        seconds = self._limits.decode_seconds
        request = json.dumps({"work": work, "size": len(data), "seconds": seconds, **given}).encode()
        with self._lock:
            connection = self._ready()
            self._memory[: len(data)] = data
            try:
                connection.send_bytes(request)
                answer = (
                    json.loads(connection.recv_bytes(_ANSWER_BYTES)) if connection.poll(seconds) else None
                )
            except (OSError, EOFError, ValueError):
                self._end()
                raise SourceTrouble("damaged", "the decoder ended over it") from None
            if answer is None:
                self._end()
                raise SourceTrouble("damaged", f"decoding it took more than {seconds:g} s")
            return self._read(answer)

    def close(self) -> None:
        """End the process and give the memory back."""
        with self._lock:
            self._end()
            if self._fd >= 0:
                self._memory.close()
                os.close(self._fd)
                self._fd = -1

    def _read(self, answer: dict[str, Any]) -> Answer:
        """What an answer says; it comes from a process that hostile bytes may have taken over, and is believed nothing."""
        if "trouble" in answer:
            kinds: list[Kind] = [kind for kind in KINDS if kind == answer["trouble"]]
            raise SourceTrouble(kinds[0] if kinds else "damaged", str(answer.get("detail", ""))[:300])
        room = len(self._memory) - self._inbox
        seconds = float(answer.get("seconds", 0.0))
        if "size" in answer:
            size = min(max(int(answer["size"]), 0), room)
            return Answer(clip=self._memory[self._inbox : self._inbox + size], seconds=seconds)
        if "width" not in answer:
            return Answer(seconds=seconds)
        width, height = int(answer["width"]), int(answer["height"])
        if width < 1 or height < 1 or width * height > self._limits.pixels:
            raise SourceTrouble("damaged", "the decoder gave a picture of no size")
        shared = np.frombuffer(self._memory, np.uint8, width * height * 3, self._inbox)
        return Answer(picture=shared.reshape(height, width, 3).copy(), seconds=seconds)

    def _ready(self) -> Connection:
        """The connection to a process that lives: one that died between two requests is nobody's trouble."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        return self._connection or self._start()

    def _start(self) -> Connection:
        """Start the process and wait until it is ready."""
        if self._fd < 0:
            raise ValueError("this decoder is closed")
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "vision.sources.child"),
                    *map(
                        str,
                        (theirs.fileno(), self._fd, self._inbox, self._limits.pixels, self._limits.memory),
                    ),
                ],
                env=_environment(self._limits.pixels),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), self._fd),
                start_new_session=True,
            )
        # An answer that was begun is read to its end within the same time: who sends half of one does not hold this process.
        patience = struct.pack("@ll", math.ceil(self._limits.decode_seconds), 0)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        self._connection = Connection(ours.detach())
        try:
            if self._connection.poll(_START_SECONDS):
                self._connection.recv_bytes(_ANSWER_BYTES)
                return self._connection
        except (OSError, EOFError):
            pass
        self._end()
        raise RuntimeError("the decoder does not start; what it says is on standard error")

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._worked_before, self._worked_now = self.worked, 0.0
            self._process.kill()
            self._process.wait()
            self._process = None


def _clock(pid: int) -> int:
    """The number of the clock that counts a process's time on processors, as clock_getcpuclockid(3) of Linux gives it."""
    return (~pid << 3) | 2


def _environment(pixels: int) -> dict[str, str]:
    """The decoder's: nothing of the server's own, for passwords are in it."""
    return {
        "PYTHONPATH": _ROOT,
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Each thread would reserve address space, which is bounded.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(pixels),
        "OPENCV_LOG_LEVEL": "SILENT",
    }
