"""The process in which Ultralytics' library runs: orders come in as lines of JSON on standard input, answers go out likewise.

It is started as a file by a Python that has the library, which may be another one than the server's, and it imports nothing of this
program: Ultralytics is under AGPL-3.0, and nothing else here is. Orders:

* ``{"do": "open", "weights": PATH}`` gives ``{"names": {NUMBER: NAME}}``;
* ``{"do": "detect", "rows": R, "columns": C, "bgr": BASE64, "at_least": SCORE}`` gives ``{"found": [[NUMBER, SCORE, BOX...]]}``
  of the network that was opened, boxes as shares of the picture;
* ``{"do": "train", "data": PATH, "base": PATH, "epochs": N, "side": N, "batch": N, "into": FOLDER}`` gives ``{"epoch": N}`` after each
  epoch, and ``{"weights": PATH}``;
* ``{"do": "export", "weights": PATH, "side": N}`` gives ``{"network": PATH}``, an ONNX file.

What fails gives ``{"problem": TEXT}``.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

# It neither asks for what is newer, nor fetches, nor installs, nor reports anything.
os.environ.update(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_VERBOSE="false", WANDB_DISABLED="true")


class Worker:
    """Carries out orders.

    Args:
        answers: where they are answered.
    """

    def __init__(self, answers: TextIO) -> None:
        self._answers = answers
        self._network: Any = None

    def tell(self, **answer: Any) -> None:
        """Answer with one line."""
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()

    def obey(self, order: Mapping[str, Any]) -> None:
        """Carry out one order, and answer it."""
        done = {"open": self._open, "detect": self._detect, "train": self._train, "export": self._export}
        try:
            done[order["do"]](order)
        except Exception as error:  # noqa: BLE001 - whatever fails in there is for whoever ordered it
            text = str(error).strip().splitlines()
            self.tell(problem=f"{type(error).__name__}: {text[0][:300] if text else ''}")

    def _open(self, order: Mapping[str, Any]) -> None:
        from ultralytics import YOLO

        network = YOLO(order["weights"])
        if network.task != "detect":
            raise ValueError(f"it was made to {network.task}: use one that detects")
        self._network = network
        self.tell(names={str(number): str(name) for number, name in network.names.items()})

    def _detect(self, order: Mapping[str, Any]) -> None:
        import numpy as np

        flat = np.frombuffer(base64.b64decode(order["bgr"]), np.uint8)
        picture = flat.reshape(order["rows"], order["columns"], 3)
        (said,) = self._network.predict(picture, conf=order["at_least"], device="cpu", verbose=False)
        rows = zip(said.boxes.cls.tolist(), said.boxes.conf.tolist(), said.boxes.xyxyn.tolist(), strict=True)
        self.tell(found=[[int(number), score, *box] for number, score, box in rows])

    def _train(self, order: Mapping[str, Any]) -> None:
        from ultralytics import YOLO

        network = YOLO(order["base"])
        network.add_callback("on_train_epoch_end", lambda trainer: self.tell(epoch=trainer.epoch + 1))
        into = Path(order["into"])
        network.train(
            data=order["data"],
            epochs=order["epochs"],
            imgsz=order["side"],
            batch=order["batch"],
            project=str(into.parent),
            name=into.name,
            exist_ok=True,
            device="cpu",
            workers=0,
            plots=False,
            # Whether half precision works is tried out with weights that would be fetched.
            amp=False,
            seed=0,
            verbose=False,
        )
        self.tell(weights=str(Path(network.trainer.last)))

    def _export(self, order: Mapping[str, Any]) -> None:
        from ultralytics import YOLO

        made = YOLO(order["weights"]).export(
            format="onnx", imgsz=order["side"], opset=17, simplify=False, device="cpu", verbose=False
        )
        self.tell(network=str(made))


def _suppression() -> None:
    """Put Ultralytics' own non-maximum suppression where it looks for torchvision's, if that cannot be loaded.

    A build of torch for the processor alone has a sixth of the others' size, and torchvision may be built for those only.
    """
    try:
        import torchvision  # noqa: F401 - whether it can be
    except (ImportError, OSError, RuntimeError):
        from ultralytics.utils.nms import TorchNMS

        module: Any = types.ModuleType("torchvision")
        module.ops = types.SimpleNamespace(nms=TorchNMS.nms)
        sys.modules["torchvision"] = module


def main() -> None:
    """Obey until standard input ends."""
    # The library prints; what it prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(answers)
    try:
        import ultralytics

        _suppression()
        ultralytics.settings.update({"sync": False})
    except ImportError as error:
        worker.tell(problem=f"{error}")
        return
    worker.tell(ready=ultralytics.__version__)
    for line in sys.stdin:
        worker.obey(json.loads(line))


if __name__ == "__main__":
    main()
