"""What it costs to watch a camera on this machine, as a line of JSON, in processor time of one thread.

Run it in the checkout: ``python -m benchmarks.vision``, or ``--quick`` for ten seconds of watching instead of sixty.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
import tracemalloc
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import cv2
import numpy as np

from benchmarks.measuring.line import load, say, tell
from vision.frame import Frame, Picture
from vision.made.scene import Scene
from vision.rules import shipped
from vision.watching import Watcher

BEGAN = datetime(2026, 11, 23, 10, tzinfo=UTC)
SIZE = (1280, 720)
#: Seconds from one picture of a camera to the next, and how many different ones there are.
EVERY, PICTURES = 5.0, 48
CAMERAS = 40


@dataclass(frozen=True)
class Sample:
    """One picture as a camera sends it."""

    jpeg: bytes

    def frame(self, number: int) -> Frame:
        """Decoded, as the sample of that number."""
        picture = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        return Frame(np.asarray(picture, np.uint8), BEGAN + timedelta(seconds=number * EVERY), self.jpeg)


@click.command()
@click.option("--quick", is_flag=True, help="Watch for ten seconds only.")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=Path(sys.prefix) / "share" / "gridcase",
    help="Where the models are: without it, those that the tests fetched; where there are none, no network is measured.",
)
def main(quick: bool, home: Path) -> None:
    """Measure everything once."""
    cv2.setNumThreads(1)
    before = load()
    say("drawing")
    scene = Scene("parking", 1, SIZE)
    samples = [Sample(_encoded(scene.frame(number * EVERY))) for number in range(PICTURES)]
    say("the gate")
    figures: dict[str, object] = {"case": "vision", "load_before": before, "processors": os.cpu_count()}
    figures["gate_ms"] = _gate(scene, samples)
    say("memory of a camera")
    memory, checkpoint = _memory(scene, samples)
    figures |= {"memory_mb_per_camera": memory, "checkpoint_kb": checkpoint}
    say("watching")
    figures |= _watching(scene, samples, 10.0 if quick else 60.0)
    say("the network")
    figures |= _network(home, samples)
    tell(figures | {"load_after": load()})


def _encoded(picture: Picture) -> bytes:
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return content.tobytes()


def _gate(scene: Scene, samples: list[Sample]) -> float:
    """Milliseconds for a frame that is decoded already, as a median."""
    watcher = Watcher(scene.zones, shipped(), None)
    spent = []
    for number, sample in enumerate(samples * 2):
        frame = sample.frame(number)
        begin = time.process_time()
        watcher.see(frame)
        spent.append(time.process_time() - begin)
    return float(np.median(spent[PICTURES:])) * 1e3


def _memory(scene: Scene, samples: list[Sample]) -> tuple[float, float]:
    """Megabytes that a camera holds after some minutes, and kilobytes of its checkpoint."""
    frames = [sample.frame(number) for number, sample in enumerate(samples)]
    tracemalloc.start()
    # NumPy tells of its arrays; those that OpenCV returns are NumPy's too.
    start, _ = tracemalloc.get_traced_memory()
    watchers = [Watcher(scene.zones, shipped(), None) for _ in range(3)]
    for watcher in watchers:
        for frame in frames:
            watcher.see(frame)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    stills = sum(len(sample.jpeg) for sample in samples[-8:])
    # The pictures that it keeps were made before, and are shared by all three here.
    return (
        ((held - start) / len(watchers) + stills) / 2**20,
        len(watchers[0].checkpoint()) / 1024,
    )


def _watching(scene: Scene, samples: list[Sample], seconds: float) -> dict[str, object]:
    """Cameras that send a picture each five seconds, watched for some time by one thread, decoding included."""
    watchers = [Watcher(scene.zones, shipped(), None) for _ in range(CAMERAS)]
    begin = time.process_time()
    decoding = steps = number = alarms = 0.0
    while time.process_time() - begin < seconds:
        for place, watcher in enumerate(watchers):
            sample = samples[(int(number) + place) % PICTURES]
            start = time.process_time()
            frame = sample.frame(int(number))
            decoding += time.process_time() - start
            alarms += sum(1 for told in watcher.see(frame) if told.turn == "alarm")
            steps += 1
        number += 1
    spent = time.process_time() - begin
    return {
        "cameras_per_core": EVERY * steps / spent,
        "ratio_to_decode": spent / decoding,
        "decode_ms": decoding / steps * 1e3,
        "steps": int(steps),
        "alarms": int(alarms),
    }


def _network(home: Path, samples: list[Sample]) -> dict[str, object]:
    """Milliseconds for one look of the default network."""
    from vision.detect.models import active

    detector = active(home)
    if detector is None:
        return {}
    spent = []
    for number, sample in enumerate(samples[:20]):
        picture = sample.frame(number).picture
        begin = time.process_time()
        detector.detect(picture)
        spent.append(time.process_time() - begin)
    return {f"{detector.key}_ms": float(np.median(spent)) * 1e3}


if __name__ == "__main__":
    sys.exit(main())
