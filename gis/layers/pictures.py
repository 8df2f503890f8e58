"""A map of findings to look at: one HTML file that needs nothing from anywhere, or GeoJSON for a map program."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gis.areas import SNAP_DECIMALS
from gis.arrangement import Geometries
from gis.layers.checking import Finding

#: Of more findings only so many have a picture of their own, the worst first.
MOST_PICTURES = 200
_ORDER = {"error": 0, "warning": 1, "information": 2}
_WIDTH, _INSET = 1000.0, 220.0
# A picture of one finding shows so much around it, in degrees, and so many outlines.
_AROUND, _MOST_NEIGHBOURS = 0.0005, 200
# What is smaller than this on the map of the city is left out there.
_SMALLEST = 4.0
_STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:1.5rem auto;max-width:64rem;padding:0 1rem;color:#1a1a1a;background:#fff}
svg{background:#f4f5f6;max-width:100%;height:auto;display:block}
svg *{vector-effect:non-scaling-stroke}
.ground{fill:#fff;stroke:#8a9099;stroke-width:1}
.error{fill:#c0392b;stroke:#c0392b}.warning{fill:#b9770e;stroke:#b9770e}.information{fill:#2471a3;stroke:#2471a3}
path.error,path.warning,path.information{fill-opacity:.45;stroke-width:2}
section{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:1rem;margin-top:1rem}
figure{margin:0}figcaption{overflow-wrap:anywhere}b.error,b.warning,b.information{background:none;fill:none}
b.error{color:#c0392b}b.warning{color:#8a5a08}b.information{color:#1f618d}
"""


def page(findings: Sequence[Finding], ground: Geometries, title: str) -> str:
    """An HTML page with a map of the city on which the findings are marked, and a picture of each.

    Args:
        ground: outlines that are drawn below, in WGS-84.
    """
    ordered = sorted(findings, key=lambda one: _ORDER[one.severity])
    counts = ", ".join(
        f"{sum(one.severity == severity for one in findings)} {severity}" for severity in _ORDER
    )
    shown = ordered[:MOST_PICTURES]
    tree = STRtree(ground)
    return "\n".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{html.escape(title)}</title><style>{_STYLE}</style>",
            f"<h1>{html.escape(title)}</h1><p>{len(findings)} findings: {counts}.",
            f"{len(findings) - len(shown)} have no picture.</p>" if len(findings) > len(shown) else "</p>",
            _overview(ordered, ground),
            "<section>",
            *(_figure(number, one, ground, tree) for number, one in enumerate(shown, start=1)),
            "</section></html>",
        )
    )


def features(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as a GeoJSON FeatureCollection; those without a place have no geometry."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    name: value for name, value in told(one).items() if name not in ("lon", "lat")
                },
                "geometry": None if one.outline is None else _geometry(one.outline),
            }
            for one in findings
        ],
    }


def told(finding: Finding) -> dict[str, Any]:
    """A finding as one line of JSON has it."""
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "layer": finding.layer,
        "codes": list(finding.codes),
        "text": finding.text,
        "lon": None if finding.lon is None else round(finding.lon, SNAP_DECIMALS),
        "lat": None if finding.lat is None else round(finding.lat, SNAP_DECIMALS),
        "square_metres": None if finding.square_metres is None else round(finding.square_metres, 2),
    }


def _geometry(shape: BaseGeometry) -> Any:
    rounded = shapely.transform(shape, lambda points: np.round(points, SNAP_DECIMALS))
    return shapely.geometry.mapping(rounded)


class _Frame:
    """Degrees to the units of a picture, north up, a metre as long either way."""

    def __init__(self, box: Sequence[float], width: float) -> None:
        self._west, south, east, self._north = box
        self._across = float(np.cos(np.radians((south + self._north) / 2.0)))
        span = max((east - self._west) * self._across, self._north - south, 1e-6)
        self.scale = width / span
        self.width = max((east - self._west) * self._across * self.scale, 1.0)
        self.height = max((self._north - south) * self.scale, 1.0)

    def at(self, points: Any) -> Any:
        """Points (n, 2) in the picture."""
        x = (points[:, 0] - self._west) * self._across * self.scale
        return np.round(np.column_stack((x, (self._north - points[:, 1]) * self.scale)), 1)

    def path(self, shape: BaseGeometry) -> str:
        """The outline of a shape as the data of a path."""
        pieces = []
        for part in shapely.get_parts(shape):
            lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            for line in lines:
                points = self.at(shapely.get_coordinates(line)).tolist()
                if len(points) == 1:
                    x, y = points[0]
                    pieces.append(f"M{x - 3:g} {y:g}h6M{x:g} {y - 3:g}v6")
                else:
                    pieces.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points))
        return "".join(pieces)

    def picture(self, inside: Iterator[str], label: str) -> str:
        """An SVG of this frame."""
        return (
            f'<svg viewBox="0 0 {self.width:.0f} {self.height:.0f}" width="{self.width:.0f}" role="img" '
            f'aria-label="{html.escape(label, quote=True)}">{"".join(inside)}</svg>'
        )


def _overview(findings: Sequence[Finding], ground: Geometries) -> str:
    there = [one for one in findings if one.lon is not None and one.lat is not None]
    boxes = [shapely.total_bounds(ground)] if len(ground) else []
    boxes += [np.array([one.lon, one.lat, one.lon, one.lat], dtype=np.float64) for one in there]
    if not boxes:
        return "<p>Nothing of it has a place.</p>"
    stacked = np.array(boxes)
    frame = _Frame([*stacked[:, :2].min(axis=0).tolist(), *stacked[:, 2:].max(axis=0).tolist()], _WIDTH)

    def inside() -> Iterator[str]:
        boxes = shapely.bounds(ground)
        large = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) * frame.scale >= _SMALLEST
        for outline in shapely.simplify(ground[large], 1.0 / frame.scale).tolist():
            yield f'<path class="ground" d="{frame.path(outline)}"/>'
        # The worst on top.
        for one in reversed(there):
            x, y = frame.at(np.array([[one.lon, one.lat]]))[0].tolist()
            yield (
                f'<circle class="{one.severity}" cx="{x:g}" cy="{y:g}" r="5" fill-opacity=".7">'
                f"<title>{html.escape(one.text)}</title></circle>"
            )

    return frame.picture(inside(), "The city with a mark for each finding")


def _figure(number: int, finding: Finding, ground: Geometries, tree: STRtree) -> str:
    caption = (
        f'<figcaption>{number}. <b class="{finding.severity}">{finding.severity}</b> '
        f"{html.escape(finding.layer)}, {html.escape(finding.rule)}: {html.escape(finding.text)}"
        + ("" if finding.lon is None else f" ({finding.lon:.6f}, {finding.lat:.6f})")
        + "</figcaption>"
    )
    outline = finding.outline
    if outline is None:
        return f"<figure>{caption}</figure>"
    west, south, east, north = outline.bounds
    around = max(_AROUND, (east - west) * 0.3, (north - south) * 0.3)
    box = shapely.box(west - around, south - around, east + around, north + around)
    frame = _Frame(box.bounds, _INSET)

    def inside() -> Iterator[str]:
        near = ground[np.sort(tree.query(box))[:_MOST_NEIGHBOURS]]
        for one in shapely.intersection(shapely.make_valid(near), box).tolist():
            if not one.is_empty:
                yield f'<path class="ground" d="{frame.path(one)}"/>'
        yield f'<path class="{finding.severity}" d="{frame.path(outline)}"/>'

    return f"<figure>{frame.picture(inside(), finding.text)}{caption}</figure>"
