"""Ultralytics' library behind a pipe: it runs in a process of its own (`vision.detect.yolo_process`), and only there.

``GRIDCASE_YOLO_PYTHON`` names a Python that has the library, for it and what it needs are best kept in an environment of their own.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vision.detect import Detection
from vision.detect.networks import MOST_DETECTIONS
from vision.errors import VisionError
from vision.frame import Picture

#: After so many seconds without an answer the process is given up.
START_SECONDS, ANSWER_SECONDS, EPOCH_SECONDS = 180.0, 60.0, 24 * 3600.0
_MAX_LINE = 10_000_000


class YoloProcess:
    """One such process; a context manager.

    Raises:
        VisionError: the library is not there.
    """

    def __init__(self) -> None:
        python = os.environ.get("GRIDCASE_YOLO_PYTHON") or sys.executable
        self._folder = tempfile.TemporaryDirectory(prefix="gridcase-yolo-")
        program = Path(__file__).with_name("yolo_process.py")
        try:
            self._process = subprocess.Popen(
                # Isolated: neither this program's modules nor its settings reach it.
                [python, "-I", str(program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder.name,
                env={**os.environ, "YOLO_CONFIG_DIR": self._folder.name, "OMP_NUM_THREADS": "1"},
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            self._folder.cleanup()
            raise _without(f"{python}: {error.strerror}") from error
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._answer(START_SECONDS)
        except VisionError as error:
            self.close()
            raise _without(str(error.values.get("problem", ""))) from error

    def ask(self, seconds: float = ANSWER_SECONDS, **order: Any) -> dict[str, Any]:
        """Give an order, and wait for its answer.

        Raises:
            VisionError: it failed, or took longer than so many seconds.
        """
        return list(self.follow(seconds, **order))[-1]

    def follow(self, seconds: float, **order: Any) -> Iterator[dict[str, Any]]:
        """Give an order, and hear of its progress until the last answer, which tells no epoch."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _failed("its process has ended") from error
        while True:
            answer = self._answer(seconds)
            yield answer
            if "epoch" not in answer:
                return

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._folder.cleanup()

    def __enter__(self) -> YoloProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            while line := self._process.stdout.readline(_MAX_LINE):
                self._lines.put(line)
        self._lines.put("")

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._process.kill()
            raise _failed(f"no answer in {seconds:.0f} seconds") from None
        try:
            answer = json.loads(line)
        except ValueError:
            raise _failed("its process has ended") from None
        if "problem" in answer:
            raise _failed(str(answer["problem"]))
        return dict(answer)


class YoloDetector:
    """A `vision.detect.Detector` whose weights are of torch (``.pt``), for trying them before they are exported.

    Args:
        key, digest: see there.
        weights: its file. Reading one runs code that it holds: it must come from somebody who is trusted.
        classes: what rules call those of its classes that are told.
    """

    def __init__(self, key: str, digest: str, weights: Path, classes: Mapping[str, str]) -> None:
        self.key, self.digest = key, digest
        self._weights, self._classes = weights, classes
        self._lock = threading.Lock()
        self._process: YoloProcess | None = None
        self._names: Mapping[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """What it calls its classes, in the order of their numbers."""
        with self._lock:
            self._open()
            return tuple(self._names[str(number)] for number in range(len(self._names)))

    def detect(self, picture: Picture, at_least: float = 0.3) -> Sequence[Detection]:
        """See `vision.detect.Detector`."""
        rows, columns = picture.shape[:2]
        with self._lock:
            process = self._open()
            try:
                answer = process.ask(
                    do="detect",
                    rows=rows,
                    columns=columns,
                    bgr=base64.b64encode(picture.tobytes()).decode(),
                    at_least=at_least,
                )
            except VisionError:
                # The next picture gets a new process.
                self._close()
                raise
        found = []
        for number, score, left, top, right, bottom in answer["found"][:MOST_DETECTIONS]:
            name = self._classes.get(self._names.get(str(number), ""))
            if name is not None:
                found.append(Detection(name, score, (left, top, right, bottom)))
        return sorted(found, key=lambda one: -one.score)

    def close(self) -> None:
        """End its process; the next picture begins another."""
        with self._lock:
            self._close()

    def _open(self) -> YoloProcess:
        if self._process is None:
            process = YoloProcess()
            try:
                self._names = process.ask(START_SECONDS, do="open", weights=str(self._weights))["names"]
            except VisionError:
                process.close()
                raise
            self._process = process
        return self._process

    def _close(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def trained(
    data: Path,
    into: Path,
    *,
    base: str,
    epochs: int,
    side: int,
    batch: int,
    tell: Callable[[int], None],
) -> Path:
    """Train weights and export them.

    Args:
        data: the data set's YAML file, as Ultralytics reads it: folders of pictures with labels, names of the classes.
        into: a folder for all that comes of it.
        base: weights to begin with, or the name of a network that begins with none, such as ``yolo11n.yaml``.
        side: of the pictures, in pixels.
        tell: is told of each epoch that is done.

    Returns:
        The ONNX file.

    Raises:
        VisionError: it failed; what the library said is in it.
    """
    order = {"data": str(data.absolute()), "base": base, "into": str(into.absolute())}
    weights = ""
    with YoloProcess() as process:
        for answer in process.follow(
            EPOCH_SECONDS, do="train", epochs=epochs, side=side, batch=batch, **order
        ):
            if "epoch" in answer:
                tell(answer["epoch"])
            else:
                weights = answer["weights"]
        return Path(process.ask(START_SECONDS, do="export", weights=weights, side=side)["network"])


def _failed(problem: str) -> VisionError:
    return VisionError("Ultralytics failed: %(problem)s.", field="model", problem=problem)


def _without(problem: str) -> VisionError:
    return VisionError(
        "Ultralytics does not start: install the extra yolo, and name its Python by GRIDCASE_YOLO_PYTHON (%(problem)s).",
        field="GRIDCASE_YOLO_PYTHON",
        problem=problem,
    )
