/** Which part of the graph a canvas shows: screen = graph × scale + offset, in CSS pixels. Graph coordinates lie in [0, 1]. */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The smallest box around all nodes. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How much closer than the whole graph one may look. */
export const MAX_ZOOM = 40;

/** The bounds of x, y, x, y, …; the unit square where there are none. */
export function boundsOf(positions: Float32Array): Bounds {
  if (positions.length === 0) return { left: 0, top: 0, right: 1, bottom: 1 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    left = Math.min(left, positions[i]);
    right = Math.max(right, positions[i]);
    top = Math.min(top, positions[i + 1]);
    bottom = Math.max(bottom, positions[i + 1]);
  }
  return { left, top, right, bottom };
}

/** The whole graph in the middle of the canvas, `margin` pixels from its edge. */
export function wholeView(bounds: Bounds, { width, height }: Size, margin = 16): Viewport {
  const across = Math.max(1, width - 2 * margin) / Math.max(bounds.right - bounds.left, 1e-6);
  const down = Math.max(1, height - 2 * margin) / Math.max(bounds.bottom - bounds.top, 1e-6);
  // A single node, or nodes on one point, would ask for an infinite scale.
  const scale = Math.min(across, down, Math.max(width, height, 1));
  return {
    scale,
    x: width / 2 - (scale * (bounds.left + bounds.right)) / 2,
    y: height / 2 - (scale * (bounds.top + bounds.bottom)) / 2,
  };
}

export function toScreen({ scale, x, y }: Viewport, gx: number, gy: number): [number, number] {
  return [gx * scale + x, gy * scale + y];
}

export function toGraph({ scale, x, y }: Viewport, sx: number, sy: number): [number, number] {
  return [(sx - x) / scale, (sy - y) / scale];
}

/** Moved by pixels, not so far that the middle of the canvas leaves the graph. */
export function panned(view: Viewport, dx: number, dy: number, bounds: Bounds, size: Size): Viewport {
  return kept({ ...view, x: view.x + dx, y: view.y + dy }, bounds, size);
}

/** Zoomed so that the point under (sx, sy) stays there; between the whole graph and MAX_ZOOM of it. */
export function zoomed(
  view: Viewport,
  factor: number,
  [sx, sy]: readonly [number, number],
  bounds: Bounds,
  size: Size,
): Viewport {
  const whole = wholeView(bounds, size);
  const scale = clamp(view.scale * factor, whole.scale, whole.scale * MAX_ZOOM);
  if (scale === whole.scale) return whole;
  const ratio = scale / view.scale;
  return kept({ scale, x: sx - (sx - view.x) * ratio, y: sy - (sy - view.y) * ratio }, bounds, size);
}

/** How much closer than the whole graph `view` is: 1 to MAX_ZOOM. */
export function zoomOf(view: Viewport, bounds: Bounds, size: Size): number {
  return view.scale / wholeView(bounds, size).scale;
}

/** Moved by as little as brings the point `margin` pixels or more inside the canvas; the same object where it is. */
export function revealing(view: Viewport, gx: number, gy: number, { width, height }: Size, margin = 48): Viewport {
  const [sx, sy] = toScreen(view, gx, gy);
  const inset = Math.min(margin, width / 2, height / 2);
  const dx = clamp(sx, inset, width - inset) - sx;
  const dy = clamp(sy, inset, height - inset) - sy;
  return dx === 0 && dy === 0 ? view : { ...view, x: view.x + dx, y: view.y + dy };
}

function kept({ scale, x, y }: Viewport, { left, top, right, bottom }: Bounds, { width, height }: Size): Viewport {
  return {
    scale,
    x: clamp(x, width / 2 - right * scale, width / 2 - left * scale),
    y: clamp(y, height / 2 - bottom * scale, height / 2 - top * scale),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
