"""Runtimes: what computes a network that is kept in an ONNX file, by one thread of the processor."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vision.errors import VisionError

Numbers = NDArray[np.float32]


class Network(Protocol):
    """A network that is ready to compute; any number of threads may ask it."""

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        """All outputs for one input, in the order of the file."""


class OnnxRuntime:
    """A network computed by ONNX Runtime.

    Raises:
        VisionError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        onnxruntime = _onnxruntime()
        options = onnxruntime.SessionOptions()
        # Cores are shared out by the processes that watch: two threads for one picture got slower, measured under load.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # Its errors have no class in common.
            raise _unreadable("onnxruntime", error) from error
        (self._input,) = (one.name for one in self._session.get_inputs())

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        """See `Network`."""
        try:
            outputs: Sequence[Numbers] = self._session.run(None, {self._input: numbers})
        except Exception as error:
            raise _unreadable("onnxruntime", error) from error
        return outputs


class OpenCv:
    """A network computed by OpenCV.

    Args:
        newest: whether to take the engine that is new in OpenCV 5, which reads more, but gave wrong numbers for a network
            without saying so: good enough for a second opinion.

    Raises:
        VisionError: it cannot be read.
    """

    def __init__(self, path: Path, *, newest: bool = False) -> None:
        import cv2

        self._error = cv2.error
        engine = cv2.dnn.ENGINE_NEW if newest else cv2.dnn.ENGINE_CLASSIC
        self._lock = threading.Lock()
        try:
            self._net: Any = cv2.dnn.readNetFromONNX(str(path), engine)
        except cv2.error as error:
            raise _unreadable("opencv", error) from error
        self._outputs = _outputs(path)

    def run(self, numbers: Numbers) -> Sequence[Numbers]:
        """See `Network`."""
        with self._lock:
            try:
                self._net.setInput(numbers)
                return [np.array(one) for one in self._net.forward(self._outputs)]
            except self._error as error:
                raise _unreadable("opencv", error) from error


#: What may give a second opinion only.
WITNESSES: dict[str, Callable[[Path], Network]] = {
    "opencv": OpenCv,
    "opencv-new": partial(OpenCv, newest=True),
}
#: By the names that manifests use; the first is taken unless somebody asks for another.
RUNTIMES: dict[str, Callable[[Path], Network]] = {"onnxruntime": OnnxRuntime, "opencv": OpenCv}


def _onnxruntime() -> Any:
    """The library, told to keep to itself: since 1.29 it reports on its use to its maker, unless this is set before."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime


def _outputs(path: Path) -> list[str]:
    """The names of a network's outputs in the order of its file, which OpenCV does not keep."""
    import onnx

    return [one.name for one in onnx.load(str(path), load_external_data=False).graph.output]


def _unreadable(runtime: str, error: Exception) -> VisionError:
    problem = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return VisionError(
        "%(runtime)s cannot compute the network: %(problem)s.",
        field="model",
        runtime=runtime,
        problem=problem,
    )
