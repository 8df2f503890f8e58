"""The decoder's own process: it takes bytes and gives pictures, and may be killed at any instant.

It knows no network and no password. Requests and answers are lines of JSON over a socket; the bytes themselves lie in memory
that it shares with its parent: first the inbox, then the outbox.
"""

from __future__ import annotations

import json
import mmap
import os
import resource
import select
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from vision.sources import decoding, remuxing
from vision.sources.decoding import Outbox
from vision.sources.trouble import SourceTrouble

_LONGEST_REQUEST = 1 << 20

_WORK: dict[str, Callable[..., dict[str, Any]]] = {
    "still": decoding.still,
    "unit": decoding.unit,
    "segment": decoding.segment,
    "video": decoding.video,
    "length": decoding.length,
    "remux": remuxing.units,
    "splice": remuxing.segments,
    "cut": remuxing.cut,
}


def main() -> None:
    """Serve the parent until it is gone. Arguments: the descriptors of socket and memory, the inbox's bytes, pixels, memory."""
    socket_fd, memory_fd, inbox, pixels, memory = (int(text) for text in sys.argv[1:])
    connection = Connection(socket_fd)
    threading.Thread(target=_end_with_parent, args=(socket_fd,), daemon=True).start()
    shared = memoryview(mmap.mmap(memory_fd, 0))
    outbox = Outbox(shared[inbox:], pixels)
    _bound(memory)
    connection.send_bytes(b"{}")
    # What damaged pictures make the libraries say would fill the log of the server.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        try:
            request = json.loads(connection.recv_bytes(_LONGEST_REQUEST))
        except EOFError:
            return
        _bound_time(request.pop("seconds"))
        connection.send_bytes(json.dumps(_answer(request, shared[:inbox], outbox)).encode())


def _answer(request: dict[str, Any], inbox: memoryview, outbox: Outbox) -> dict[str, Any]:
    work = _WORK[request.pop("work")]
    try:
        return work(inbox[: request.pop("size")], outbox, **request)
    except SourceTrouble as trouble:
        return {"trouble": trouble.kind, "detail": trouble.detail}
    except MemoryError:
        return {"trouble": "too_large", "detail": "decoding it takes more memory than it may"}
    except Exception as error:  # noqa: BLE001 - told to the parent
        # Whatever a library raises over bytes that somebody damaged: these are its words.
        return {"trouble": "damaged", "detail": f"{type(error).__name__}: {error}"[:300]}


def _bound(memory: int) -> None:
    """Bounds on this process from here on: what it has by now, and so much memory more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    space = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _bound_time(seconds: float) -> None:
    """Processor time for one request; the parent's timer ends one that waits instead of computing."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _end_with_parent(socket_fd: int) -> None:
    """End when the parent is killed, in the middle of a picture too."""
    poll = select.poll()
    poll.register(socket_fd, 0)
    poll.poll()
    os._exit(0)


if __name__ == "__main__":
    main()
