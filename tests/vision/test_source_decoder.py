"""The process that decodes: what it makes of damaged bytes, and that nobody else suffers by them."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.vision import films
from vision.sources import Decoder, Limits, SourceTrouble

SLOW_MACHINE = Limits(decode_seconds=60.0)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(SLOW_MACHINE) as decoder:
        yield decoder


def peak(pid: int | None) -> int:
    """The most bytes that a process ever had in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def test_still_is_decoded_as_opencv_does(decoder: Decoder) -> None:
    still = films.jpeg(1280, 720)

    picture = decoder.still(still)

    assert np.array_equal(picture, films.decoded(still))


def test_the_time_that_its_processes_take_is_counted_beyond_their_end() -> None:
    with Decoder(SLOW_MACHINE) as decoder:
        decoder.begin()
        begun, pid = decoder.worked, decoder.pid
        for _ in range(20):
            decoder.still(films.jpeg(1280, 720))
        done = decoder.worked

    assert pid is not None
    assert 0.0 < begun < done <= decoder.worked


def test_pictures_are_their_own_and_not_the_shared_memory(decoder: Decoder) -> None:
    first = decoder.still(films.jpeg(at=1))
    kept = first.copy()

    decoder.still(films.jpeg(at=9))

    assert np.array_equal(first, kept)


def test_video_is_shown_at_its_second(decoder: Decoder, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(films.video(3.0))

    found = [decoder.video(path, "mov", at)[1] for at in (0.0, 1.25, 2.9, 0.5, 99.0)]

    assert found == pytest.approx([0.0, 1.2, 2.9, 0.5, 2.9])
    assert decoder.length(path, "mov") == pytest.approx(3.0)


def test_process_that_dies_over_a_picture_is_replaced(decoder: Decoder) -> None:
    decoder.still(films.jpeg())
    assert decoder.pid is not None
    before = decoder.pid
    os.kill(before, signal.SIGKILL)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)

    assert decoder.still(films.jpeg()).shape == (240, 320, 3)
    assert decoder.pid != before


def test_process_that_takes_too_long_is_killed() -> None:
    limits = Limits(decode_seconds=0.3)
    with Decoder(limits) as decoder:
        while decoder.pid is None:
            try:
                decoder.still(films.jpeg(16, 16))
            except SourceTrouble:
                continue
        stuck = decoder.pid
        os.kill(stuck, signal.SIGSTOP)

        with pytest.raises(SourceTrouble, match="took more than") as caught:
            decoder.still(films.jpeg())

        assert caught.value.kind == "damaged"
        assert not Path(f"/proc/{stuck}").exists()
        assert decoder.pid is None


def test_processor_time_is_bounded_where_the_timer_fails() -> None:
    code = "from vision.sources import child; child._bound_time(0.1)\nwhile True: pass\n"

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    assert ended.returncode == -signal.SIGXCPU


def test_process_ends_when_its_parent_is_killed() -> None:
    code = (
        "from tests.vision import films; from vision.sources import Decoder, Limits\n"
        "decoder = Decoder(Limits(decode_seconds=60)); decoder.still(films.jpeg())\n"
        "print(decoder.pid, flush=True); input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()

    gone, _, _ = select.select([child], [], [], 60)

    os.close(child)
    assert gone


def test_process_knows_nothing_of_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDCASE_DATABASE_URL", "postgresql://secret")
    with Decoder(SLOW_MACHINE) as decoder:
        decoder.still(films.jpeg())

        environment = Path(f"/proc/{decoder.pid}/environ").read_bytes()

    assert b"secret" not in environment


@pytest.mark.parametrize("width", [20_000, 65_535])
def test_bomb_is_refused_by_its_header_alone(width: int, decoder: Decoder) -> None:
    bomb = films.png_bomb(width, 16)
    tall = bomb[:20] + (20_000).to_bytes(4) + bomb[24:]
    decoder.still(films.jpeg())
    before = peak(decoder.pid)

    with pytest.raises(SourceTrouble) as caught:
        decoder.still(tall)

    assert caught.value.kind == "too_large"
    assert peak(decoder.pid) == before


def test_picture_that_takes_more_memory_than_it_may_is_too_large() -> None:
    with Decoder(Limits(decode_seconds=60.0, pixels=100_000_000, memory=64 * 1024 * 1024)) as decoder:
        with pytest.raises(SourceTrouble) as caught:
            decoder.still(films.png_bomb(8_000, 6_000))

        assert caught.value.kind == "too_large"
        assert decoder.still(films.jpeg()).shape == (240, 320, 3)


def test_8k_video_is_too_large(decoder: Decoder, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(films.video(0.1, size=(7680, 4320)))

    with pytest.raises(SourceTrouble) as caught:
        decoder.video(path, "mov", 0.0)

    assert caught.value.kind == "too_large"


def test_still_that_was_cut_off_is_damaged(decoder: Decoder) -> None:
    still = films.jpeg()

    with pytest.raises(SourceTrouble) as caught:
        decoder.still(still[: len(still) // 2])

    assert caught.value.kind == "damaged"


def test_two_hundred_damaged_files_end_as_pictures_or_as_trouble(decoder: Decoder, tmp_path: Path) -> None:
    small = (96, 64)
    whole = {
        "mov": films.video(1.0, size=small),
        "matroska": films.video(1.0, form="matroska", size=small),
        "avi": films.video(1.0, form="avi", size=small),
        "mpegts": films.video(1.0, form="mpegts", size=small),
        "jpeg": films.jpeg(*small),
    }
    chance = random.Random(5)
    outcomes = {"picture": 0, "trouble": 0}
    kinds = set()

    for number in range(200):
        form = sorted(whole)[number % len(whole)]
        data = bytearray(whole[form])
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.randrange(1, 40) if number % 3 else 0):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / "film"
        path.write_bytes(data)
        try:
            if form == "jpeg":
                decoder.still(bytes(data))
            elif form == "mpegts":
                decoder.segment(bytes(data), form, 0.0)
            else:
                decoder.video(path, form, 0.5)
            outcomes["picture"] += 1
        except SourceTrouble as trouble:
            outcomes["trouble"] += 1
            kinds.add(trouble.kind)

    assert kinds <= {"damaged", "not_a_picture", "too_large"}
    assert outcomes["picture"] > 20
    assert outcomes["trouble"] > 20
    assert peak(decoder.pid) < 512 * 1024 * 1024
    assert decoder.still(films.jpeg()).shape == (240, 320, 3)
