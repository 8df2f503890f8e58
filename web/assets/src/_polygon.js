// What is to be known of a polygon while it is drawn. Points are [x, y], shares of the picture.

export function within(value) {
  return Math.min(1, Math.max(0, value));
}

export function middle(one, other) {
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}

/** How much longer a side becomes with a point in it. */
export function detour(one, other, point) {
  const far = (from, to) => Math.hypot(from[0] - to[0], from[1] - to[1]);
  return far(one, point) + far(point, other) - far(one, other);
}

/** Whether two sides that are no neighbours cross each other. */
export function crosses(corners) {
  const sides = corners.map((one, number) => [one, corners[(number + 1) % corners.length]]);
  return sides.some((side, number) => sides.slice(number + 2).some((other, skipped) => !(number === 0 && skipped + number + 2 === sides.length - 1) && cross(side, other)));
}

function cross([a, b], [c, d]) {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

/** On which side of a line a point lies. */
function turn(from, to, point) {
  return (to[0] - from[0]) * (point[1] - from[1]) - (to[1] - from[1]) * (point[0] - from[0]);
}
