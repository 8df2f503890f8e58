"""The health of a camera, as its pictures show it: dark, frozen, blurred, or looking elsewhere than when its zones were drawn."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import looks
from vision.frame import Frame

#: What `Health.see` may tell.
TROUBLES = ("dark", "frozen", "blurred", "moved")

# How many seconds a trouble must be there before it is told, and be gone before it is told no longer.
_BEGIN = {"dark": 30.0, "frozen": 60.0, "blurred": 60.0, "moved": 30.0}
_END = {"dark": 15.0, "frozen": 0.0, "blurred": 30.0, "moved": 30.0}

# Grey values of 255: a picture whose lightest parts are darker shows nothing.
_DARK_LIGHTEST = 40
# Noise of any sensor changes more than this from one picture to the next, on average over the small picture.
_FROZEN_CHANGE = 0.02
# Share of the sharpness that the camera used to have.
_BLURRED_SHARE = 0.25
# The likeness of outlines (correlation, -1 to 1) below which a picture shows another place, and above which the same.
_MOVED_LIKENESS = 0.12
_SAME_LIKENESS = 0.75
# A shift of the whole picture as a share of its width, and how much more like the reference it must be when it is shifted back.
_MOVED_SHIFT = 0.025
_MOVED_CLEARLY = 0.15
# Seconds in which reference and usual sharpness follow what is seen: light and seasons, not a blow against the mast.
_FOLLOW_SECONDS = 1800.0
# Pictures of which the reference is made.
_SETTLE = 5
# Seconds between two looks at outlines and sharpness, which cost more than the rest.
_LOOK_SECONDS = 10.0


@dataclass
class _Spell:
    """How long something has been so."""

    since: datetime | None = None
    told: bool = False
    gone: datetime | None = None

    def see(self, there: bool, at: datetime, begin: float, end: float) -> None:
        """Tell it, or tell it no longer, with its delays on both sides."""
        if there:
            self.gone = None
            self.since = min(self.since or at, at)
            self.told = self.told or (at - self.since).total_seconds() >= begin
        else:
            self.gone = min(self.gone or at, at)
            if not self.told or (at - self.gone).total_seconds() >= end:
                self.since, self.told = None, False


class Health:
    """Looks at every frame of one camera; it keeps two small pictures and a few numbers.

    What it finds dark, frozen or blurred it finds by how the same camera looked before; what is moved, against how it looked when
    it was new or last `settle`d.

    Args:
        state: of an earlier one, see `state`; one that cannot be read begins anew.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self.settle()
        self._spells = {name: _Spell() for name in TROUBLES}
        self._last: looks.Grey | None = None
        if state:
            self._restore(state)

    def settle(self) -> None:
        """Take how the camera looks from now on for right: its zones were drawn anew."""
        self._reference: NDArray[np.float32] | None = None
        self._seen = 0
        self._sharpness = 0.0
        self._at: datetime | None = None
        self._looked: datetime | None = None
        if hasattr(self, "_spells"):
            self._spells["moved"] = _Spell()
            self._spells["blurred"] = _Spell()

    def see(self, frame: Frame) -> set[str]:
        """What is wrong with the camera, of `TROUBLES`, judged by this frame and those before it."""
        grey = looks.small(frame.picture)
        now = {"dark": looks.lightest(grey) < _DARK_LIGHTEST, "frozen": self._same(grey)}
        if now["dark"]:
            # In the dark nothing can be said about the rest.
            now |= {"moved": False, "blurred": False}
        elif self._looked is None or not 0 <= (frame.at - self._looked).total_seconds() < _LOOK_SECONDS:
            self._looked = frame.at
            now |= self._look(frame, grey, follow=not now["frozen"])
        self._last = grey
        for name, there in now.items():
            self._spells[name].see(there, frame.at, _BEGIN[name], _END[name])
        return {name for name, spell in self._spells.items() if spell.told}

    def _look(self, frame: Frame, grey: looks.Grey, follow: bool) -> dict[str, bool]:
        """What costs more than a glance."""
        sharpness, outlines = looks.sharpness(frame.picture), looks.outlines(grey)
        moved = self._moved(outlines)
        blurred = not moved and self._blurred(sharpness)
        if follow and not moved and not blurred:
            self._follow(outlines, sharpness, frame.at)
        return {"moved": moved, "blurred": blurred}

    def state(self) -> dict[str, Any]:
        """What to go on with later: plain values, some 30 KB, that JSON can carry."""
        return {
            "version": 1,
            "seen": self._seen,
            "sharpness": self._sharpness,
            "at": _text(self._at),
            "reference": _packed(self._reference),
            "last": _packed(self._last),
            "spells": {
                name: [_text(spell.since), spell.told, _text(spell.gone)]
                for name, spell in self._spells.items()
            },
        }

    def _same(self, grey: looks.Grey) -> bool:
        return self._last is not None and float(cv2.absdiff(grey, self._last).mean()) < _FROZEN_CHANGE

    def _blurred(self, sharpness: float) -> bool:
        return self._seen >= _SETTLE and sharpness < _BLURRED_SHARE * self._sharpness

    def _moved(self, outlines: NDArray[np.float32]) -> bool:
        if self._reference is None or self._seen < _SETTLE:
            return False
        as_it_is = looks.likeness(outlines, self._reference)
        if as_it_is > _SAME_LIKENESS or as_it_is < _MOVED_LIKENESS:
            return as_it_is < _MOVED_LIKENESS
        # OpenCV 5 multiplies what it is given by the window, in place.
        (x, y), _ = cv2.phaseCorrelate(self._reference.copy(), outlines.copy(), looks.window())
        if max(abs(x), abs(y)) < _MOVED_SHIFT * looks.WIDTH or max(abs(x), abs(y)) > looks.HEIGHT / 2:
            return False
        return (
            looks.likeness(*looks.aligned(outlines, self._reference, round(x), round(y)))
            > as_it_is + _MOVED_CLEARLY
        )

    def _follow(self, outlines: NDArray[np.float32], sharpness: float, at: datetime) -> None:
        """Let the reference go along with what is right."""
        if self._reference is None or self._seen < _SETTLE:
            share = 1.0 / (self._seen + 1)
        else:
            passed = (at - self._at).total_seconds() if self._at is not None else 0.0
            share = min(max(passed, 0.0) / _FOLLOW_SECONDS, 0.2)
        reference = self._reference if self._reference is not None else outlines
        self._reference = np.asarray(cv2.addWeighted(reference, 1 - share, outlines, share, 0.0), np.float32)
        self._sharpness += share * (sharpness - self._sharpness)
        self._seen = min(self._seen + 1, _SETTLE)
        self._at = at

    def _restore(self, state: Mapping[str, Any]) -> None:
        try:
            if state["version"] != 1:
                return
            reference, last = _unpacked(state["reference"], np.float32), _unpacked(state["last"], np.uint8)
            spells = {
                name: _Spell(_instant(since), bool(told), _instant(gone))
                for name, (since, told, gone) in dict(state["spells"]).items()
                if name in TROUBLES
            }
            seen, sharpness, at = int(state["seen"]), float(state["sharpness"]), _instant(state["at"])
        except (KeyError, TypeError, ValueError, binascii.Error, zlib.error):
            return
        self._reference, self._last, self._at = reference, last, at
        self._seen = seen if reference is not None else 0
        self._sharpness = sharpness
        self._spells.update(spells)


def _packed(picture: NDArray[Any] | None) -> str:
    if picture is None:
        return ""
    # A hundredth of the strongest edge is enough to compare by.
    plain = picture if picture.dtype == np.uint8 else np.round(picture * 255).astype(np.uint8)
    return base64.b64encode(zlib.compress(plain.tobytes(), 1)).decode()


def _unpacked(text: str, kind: type[np.float32 | np.uint8]) -> Any:
    if not text:
        return None
    size = looks.WIDTH * looks.HEIGHT
    plain = np.frombuffer(zlib.decompressobj().decompress(base64.b64decode(text), size + 1), np.uint8)
    picture = plain.reshape(looks.HEIGHT, looks.WIDTH)
    return picture.astype(np.float32) / 255 if kind is np.float32 else picture.copy()


def _text(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
