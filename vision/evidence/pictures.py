"""Frames that were kept, opened again: JPEG alone, within a bound of pixels, as arrays."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image

from vision.errors import VisionError
from vision.frame import Picture
from vision.photo import MAX_PIXELS


def opened(jpeg: bytes, longest: int | None = None) -> Picture:
    """A frame as rows x columns x 3 in the order blue, green, red.

    Args:
        longest: to how many pixels its longer side is reduced where it has more.

    Raises:
        VisionError: it is no JPEG that can be read, or has too many pixels; names `picture`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
            if image.width * image.height > MAX_PIXELS:
                raise VisionError("The picture has too many pixels.", field="picture")
            plain = image.convert("RGB")
            if longest is not None:
                plain.thumbnail((longest, longest), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, VisionError):
            raise
        raise VisionError("The picture is no JPEG that can be read.", field="picture") from error
    return np.asarray(plain, dtype=np.uint8)[:, :, ::-1].copy()
