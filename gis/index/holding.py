"""Whether one outline holds one point, asked a dozen times for each place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import shapely

#: Whether an outline holds or touches a point, given as x and y. It is `shapely.intersects_xy` without the making of arrays, which takes
#: ten times as long as the test; shapely has had that since 2.2, under a name of its own.
holds: Final[Callable[[Any, float, float], bool]] = getattr(
    shapely.lib, "intersects_xy_scalar", shapely.intersects_xy
)
