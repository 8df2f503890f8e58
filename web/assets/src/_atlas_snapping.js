// Snapping: a point that is drawn near a point or a line of a neighbour lies exactly there.

const REACH_PX = 12;

/** Gives what terra-draw asks for: (event, context) → [lon, lat], or nothing where no neighbour is near. */
export function snapping(map, features) {
  return (event) => {
    const at = map.project([event.lng, event.lat]);
    const reach = (point) => Math.hypot(point.x - at.x, point.y - at.y);
    let corner, side;
    let [nearCorner, nearSide] = [REACH_PX, REACH_PX];
    for (const [from, to] of segments(features())) {
      const [a, b] = [map.project(from), map.project(to)];
      if (far(a, b, at)) continue;
      if (reach(a) < nearCorner) [corner, nearCorner] = [from, reach(a)];
      const share = foot(a, b, at);
      const point = { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
      if (reach(point) < nearSide) [side, nearSide] = [[from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])], reach(point)];
    }
    // A point of a neighbour goes before its line.
    const found = corner ?? side;
    return found?.map((value) => Math.round(value * 1e7) / 1e7);
  };
}

function far(a, b, at) {
  return Math.max(a.x, b.x) < at.x - REACH_PX || Math.min(a.x, b.x) > at.x + REACH_PX || Math.max(a.y, b.y) < at.y - REACH_PX || Math.min(a.y, b.y) > at.y + REACH_PX;
}

/** How far along a segment the point nearest to another one lies, 0 to 1. */
function foot(a, b, at) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  return length === 0 ? 0 : Math.min(1, Math.max(0, ((at.x - a.x) * dx + (at.y - a.y) * dy) / length));
}

function* segments(features) {
  for (const { geometry } of features) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
    for (const ring of polygons.flat()) for (let n = 1; n < ring.length; n++) yield [ring[n - 1], ring[n]];
  }
}
