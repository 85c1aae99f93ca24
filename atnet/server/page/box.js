/** Rectangles of whole pixels: {x, y, width, height}. */

export const box = (x, y, width, height) => ({ x, y, width, height });

export const isEmpty = (it) => it.width <= 0 || it.height <= 0;

/** Returns what two rectangles have in common, of no width or height if that is nothing. */
export function intersection(a, b) {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const right = Math.min(a.x + a.width, b.x + b.width);
  const bottom = Math.min(a.y + a.height, b.y + b.height);
  return box(x, y, Math.max(right - x, 0), Math.max(bottom - y, 0));
}

/** Returns the smallest rectangle around two; one that is empty or missing counts for nothing. */
export function union(a, b) {
  if (!a || isEmpty(a)) return b;
  if (!b || isEmpty(b)) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return box(x, y, right - x, bottom - y);
}

/** Returns a rectangle with a margin around it. */
export const grown = ({ x, y, width, height }, margin) =>
  box(x - margin, y - margin, width + 2 * margin, height + 2 * margin);

/** Returns the rectangle of whole pixels around points {x, y} and a margin. */
export function around(points, margin = 0) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const x = Math.floor(Math.min(...xs) - margin);
  const y = Math.floor(Math.min(...ys) - margin);
  const right = Math.ceil(Math.max(...xs) + margin);
  const bottom = Math.ceil(Math.max(...ys) + margin);
  return box(x, y, right - x, bottom - y);
}
