"""The process that decodes: what it makes of damaged bytes, and that nobody else suffers by them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from tests.vision import films
from vision.sources import Decoder, Limits, SourceTrouble

SLOW_MACHINE = Limits(decode_seconds=30.0)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(SLOW_MACHINE) as decoder:
        yield decoder
