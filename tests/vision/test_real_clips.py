"""What is told of real videos, with the verification of classes by the detector that comes with the product.

The clips of Intel and BGSLibrary are read from the folder DATA, vtest.avi from Debian's opencv-doc.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vision.watching import BEGAN
from vision import rules
from vision.detect import Detector
from vision.frame import Box, Frame, overlap
from vision.rules import Rule
from vision.sighting import Sighting
from vision.watching import Watcher
from vision.zones import Zone

#: The whole picture is the zone: nothing that moves anywhere may be taken to stand.
EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
#: A rule as a city adds it.
LOITERING = Rule(
    key="loitering",
    version=1,
    zone_types=("no_parking",),
    classes=("person",),
    expression='stands("person") >= dwell',
    dwell=5.0,
    verify=True,
    title={"zh": "人员滞留", "en": "Somebody stays"},
    category="0409",
)
#: From when to when people stand at the table in intel_one-by-one-person-detection.mp4, seconds: labelled by hand on stills of each
#: quarter of a second, from the one on which both feet rest to the one on which the first foot is lifted. Six people come one
#: after another; the longest stops are the first, second, third and fifth.
STOPS = ((8.25, 18.25), (24.6, 43.4), (52.4, 68.25), (77.2, 84.75), (94.1, 118.0), (125.6, 134.4))
#: The white van and the blue car that are parked in vtest.avi from its first frame to its last; measured on its first frame.
VAN: Box = (0.849, 0.077, 0.943, 0.175)
CAR: Box = (0.956, 0.090, 1.0, 0.164)


def frames(path: Path, every: float) -> Iterator[Frame]:
    """The frames of a video, one each so many seconds."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS)
    number, due = 0, 0.0
    while video.grab():
        seconds = number / rate
        number += 1
        if seconds >= due - 1e-6:
            due += every
            picture = np.asarray(video.retrieve()[1], dtype=np.uint8)
            yield Frame(picture, BEGAN + timedelta(seconds=seconds), stream_at=seconds)
    video.release()


def alarms(
    path: Path, every: float, rule: str, dwell: float, detector: Detector, grace: float = 60.0
) -> list[Sighting]:
    """What a rule tells of a video."""
    zone = Zone("z", "no_parking", EVERYWHERE, (rule,), dwell=dwell, grace=grace)
    watcher = Watcher((zone,), {**rules.shipped(), LOITERING.key: LOITERING}, detector)
    told = [sighting for frame in frames(path, every) for sighting in watcher.see(frame)]
    return [sighting for sighting in told if sighting.turn == "alarm"]


@pytest.mark.parametrize("every", [0.5, 1.0])
@pytest.mark.parametrize("name", ["bgslib_video.avi", "intel_car-detection.mp4"])
def test_no_parking_alarm_comes_of_moving_traffic(
    clips: Path, nanodet: Detector, name: str, every: float
) -> None:
    assert alarms(clips / name, every, "parking", 5.0, nanodet) == []


@pytest.mark.parametrize(("every", "grace"), [(0.5, 2.0), (1.0, 2.0), (1.0, 60.0)])
def test_each_stop_of_a_person_is_found_within_three_seconds(
    clips: Path, nanodet: Detector, every: float, grace: float
) -> None:
    path = clips / "intel_one-by-one-person-detection.mp4"

    told = alarms(path, every, "loitering", LOITERING.dwell, nanodet, grace)

    times = [(sighting.at - BEGAN).total_seconds() for sighting in told]
    for begin, end in STOPS:
        of_stop = [seconds for seconds in times if begin <= seconds <= end + 1.0]
        assert of_stop, (begin, times)
        assert abs(of_stop[0] - begin - LOITERING.dwell) <= 3.0, (begin, times)
    assert all(any(begin <= seconds <= end + 1.0 for begin, end in STOPS) for seconds in times), times


@pytest.mark.parametrize("every", [1.0, 2.0])
def test_two_cars_that_were_parked_before_are_found_at_the_start_and_nothing_afterwards(
    opencv_doc: Path, nanodet: Detector, every: float
) -> None:
    told = alarms(opencv_doc / "vtest.avi", every, "parking", 10.0, nanodet)

    assert len(told) == 2
    assert any(overlap(sighting.box, VAN) > 0.5 for sighting in told)
    assert any(overlap(sighting.box, CAR) > 0.5 for sighting in told)
    assert all(sighting.began_at == BEGAN for sighting in told)
    assert all(sighting.verified for sighting in told)
