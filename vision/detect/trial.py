"""The trial of a model before it is registered: two runtimes must say the same of a fixed picture.

It is held in a process of its own with bounds on memory and time, for what a foreign file makes a runtime do is not known before.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vision.detect.files import checked
from vision.detect.manifest import Manifest, Parity
from vision.detect.networks import Candidates, Head
from vision.detect.opening import head_of
from vision.detect.runtimes import RUNTIMES, WITNESSES, Network, Numbers
from vision.errors import VisionError
from vision.frame import Picture

#: How much two runtimes may differ: in a score, or in an edge of a box as a share of the input.
MOST_DIFFERENCE = 1e-2
MAX_MEMORY, MAX_SECONDS = 8 * 1024**3, 120
#: Of so few candidates the order may differ, where two have nearly the same score.
_UNORDERED, _SURE = 1000, 0.05
_TOLD = 20
_OPINIONS = 2

#: What a network says of the fixed picture: a detector's candidates, with boxes as shares of the input; or all outputs.
Answer = Candidates | list[Numbers]


def tried(folder: Path, manifest: Manifest, reference: Sequence[float] = ()) -> Manifest:
    """A model's manifest with what came of its trial.

    Args:
        folder: of the model.
        manifest: what is known of it so far.
        reference: what it must say of the fixed picture, see `figures`.

    Raises:
        VisionError: it cannot be computed, its runtimes differ, or it says something else than it must.
    """
    said = _apart(folder, manifest)
    if reference and _distance(said["figures"], reference) > MOST_DIFFERENCE:
        raise VisionError(
            "Model %(key)s does not compute what it must: its weights were damaged, or converted wrongly.",
            field="model",
            key=manifest.key,
        )
    if said["parity"] is None:
        return manifest.model_copy(update={"runtime": said["runtime"], "parity": None})
    parity = Parity.model_validate(said["parity"])
    if not parity.difference <= MOST_DIFFERENCE:
        raise VisionError(
            "%(runtime)s and %(other)s say different things of the same picture (%(difference).3g): the model is refused.",
            field="model",
            runtime=parity.runtime,
            other=parity.other,
            difference=parity.difference,
        )
    return manifest.model_copy(update={"runtime": said["runtime"], "parity": parity})


def _apart(folder: Path, manifest: Manifest) -> dict[str, Any]:
    """What the process says that computes a model."""
    order = json.dumps([str(folder), manifest.model_dump(mode="json")])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "vision.detect.trial"],
            input=order.encode(),
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _failed(manifest.key, f"it took more than {MAX_SECONDS} seconds") from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise _failed(manifest.key, told[-1][:200] if told else f"it ended with {done.returncode}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "template" in said:
        template = said["template"]
        raise VisionError(template, field=said["field"], **said["values"])
    return said


def _failed(key: str, problem: str) -> VisionError:
    return VisionError(
        "Model %(key)s cannot be computed: %(problem)s.", field="model", key=key, problem=problem
    )


def held(path: Path, manifest: Manifest) -> dict[str, Any]:
    """The trial itself: the figures of the first runtime that can read a network, and how the next one differs.

    Raises:
        VisionError: no runtime can compute it.
    """
    sizes = checked(path).input
    head = head_of(manifest) if manifest.detects else None
    answers: list[tuple[str, Answer]] = []
    problems: list[VisionError] = []
    for name, runtime in (*RUNTIMES.items(), *WITNESSES.items()):
        if len(answers) == _OPINIONS or name in dict(answers):
            continue
        try:
            network = runtime(path)
            answers.append((name, _answer(network, sizes) if head is None else _said(network, head)))
        except VisionError as error:
            problems.append(error)
    if not answers or answers[0][0] not in RUNTIMES:
        raise problems[0]
    first, answer = answers[0]
    parity = [
        {"runtime": first, "other": other, "difference": difference(answer, said)}
        for other, said in answers[1:]
    ]
    return {"runtime": first, "parity": parity[0] if parity else None, "figures": figures(answer)}


def pattern(width: int, height: int) -> Picture:
    """A picture that is the same everywhere: slopes, steps and grain in three colours."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    grain = (across * 7919 + down * 104729 + across * down * 31) % 61
    steps = ((across // 47 + down // 31) % 3) * 70
    colours = [(across * 255 // width), (down * 255 // height), steps]
    return np.stack([(one + grain) % 256 for one in colours], axis=2).astype(np.uint8)


def _said(network: Network, head: Head) -> Candidates:
    numbers, _ = head.taken(pattern(640, 480))
    side = (numbers.shape[3], numbers.shape[2])
    said = head.candidates(network.run(numbers), side)
    return Candidates((said.boxes / np.array(side * 2)).astype(np.float32), said.scores)


def _answer(network: Network, sizes: Sequence[int]) -> list[Numbers]:
    """All outputs of a network that is no detector."""
    rows, columns = (size or 320 for size in sizes[2:])
    picture = pattern(columns, rows).transpose(2, 0, 1).astype(np.float32) / np.float32(128) - np.float32(1)
    return list(network.run(np.ascontiguousarray(picture[np.newaxis], dtype=np.float32)))


def difference(one: Answer, other: Answer) -> float:
    """How far two answers are apart, at the worst place; infinite where they cannot be compared."""
    if isinstance(one, Candidates) and isinstance(other, Candidates):
        if len(one.scores) <= _UNORDERED:
            return max(_farthest(one, other), _farthest(other, one))
        pairs = [(one.boxes, other.boxes), (one.scores, other.scores)]
        return max(_distance(mine, theirs) for mine, theirs in pairs)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        scales = (max(float(np.abs(mine).max(initial=0.0)), 1.0) for mine in one)
        return max(
            _distance(mine, theirs) / scale for mine, theirs, scale in zip(one, other, scales, strict=True)
        )
    return float("inf")


def _farthest(one: Candidates, other: Candidates) -> float:
    """How far the sure candidates of one answer are at most from the nearest of another."""
    rows = np.argsort(-one.scores.max(axis=1))
    rows = rows[: max(int((one.scores.max(axis=1) >= _SURE).sum()), _TOLD)]
    theirs = np.concatenate([other.boxes, other.scores], axis=1)
    mine = np.concatenate([one.boxes, one.scores], axis=1)[rows]
    apart = [float(np.abs(theirs - row).max(axis=1).min(initial=np.inf)) for row in mine]
    return max(apart, default=0.0)


def _distance(one: Any, other: Any) -> float:
    mine, theirs = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if mine.shape != theirs.shape or not np.isfinite(mine).all() or not np.isfinite(theirs).all():
        return float("inf")
    return float(np.abs(mine - theirs).max(initial=0.0))


def figures(answer: Answer) -> list[float]:
    """An answer in some thirty numbers: means over all, and what some candidates say."""
    parts = [answer.boxes, answer.scores] if isinstance(answer, Candidates) else answer
    told: list[float] = []
    for part in parts:
        flat = part.reshape(-1).astype(np.float64)
        places = np.linspace(0, flat.size - 1, 12).astype(int)
        told += [flat.mean(), flat.std(), flat.max(), flat.min(), *flat[places]]
    return [round(float(one), 5) for one in told]


def main() -> None:
    """Read what to try from standard input, and tell what came of it as JSON on standard output."""
    folder, row = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    manifest = Manifest.model_validate(row)
    try:
        said = held(Path(folder) / manifest.file, manifest)
    except VisionError as error:
        values = {name: str(value) for name, value in error.values.items()}
        said = {"template": error.template, "field": error.field, "values": values}
    sys.stdout.write("\n" + json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
