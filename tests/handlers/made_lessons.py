"""Made cases of a made city: some categories go to one unit, others to the unit of the side of the river where they lie."""

from __future__ import annotations

import numpy as np

from handlers.dispatch.learning.lessons import Cases, Inputs, Lessons

INPUTS = Inputs("category", ("channel",), ("text",))

#: Share of the cases that went to another unit, whatever was known of them.
NOISE = 0.03


def lessons(count: int = 1200, seed: int = 1) -> Lessons:
    """So many lessons, five to the hour, in the order of time."""
    rng = np.random.default_rng(seed)
    category = rng.choice(["rubbish", "lamp", "parking", "tree"], count, p=[0.4, 0.2, 0.2, 0.2])
    lon, lat = rng.uniform(108.90, 109.00, count), rng.uniform(34.20, 34.26, count)
    lamps = rng.random(count) < 0.5
    text = np.where(lamps, "路灯不亮 12", "电缆外露 7")
    side = np.where(lon < 108.95, "west", "east")
    unit = np.select(
        [category == "rubbish", category == "lamp"],
        ["cleaning", np.where(lamps, "lighting", "power")],
        np.char.add(np.char.add(category.astype(str), "-"), side),
    )
    noisy = (rng.random(count) < NOISE) & (category != "rubbish")
    unit = np.where(noisy, "elsewhere", unit)
    values = {
        "category": [str(one) for one in category],
        "channel": [str(one) for one in rng.choice(["citizen", "camera"], count)],
        "text": [str(one) for one in text],
    }
    cases = Cases(15000.0 + np.arange(count) / 120, values, lon, lat)
    return Lessons.of(cases, [str(one) for one in unit])
