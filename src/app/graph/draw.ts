import type { Neighbours } from './neighbours.ts';
import type { Look, PaintSheet } from './nodePaint.ts';
import { addDisc, addLine, type Brush, brushOf, type DiscMask, discMask, type Raster } from './raster.ts';
import type { Size, Viewport } from './viewport.ts';

/** The parts of the picture. */

const TURN = 2 * Math.PI;

/** Colours that suit the ground, as `#rrggbb`. */
export interface Ink {
  readonly edge: string;
  readonly ring: string;
  readonly focus: string;
}

/** Radius of a node in CSS pixels: what there is room for, and growing slower than the picture when one zooms in. */
export function nodeRadius(nodes: number, { width, height }: Size, zoom: number): number {
  const room = Math.sqrt((width * height) / Math.max(1, nodes));
  return Math.min(14, Math.min(7, Math.max(1.1, 0.2 * room)) * Math.sqrt(zoom));
}

/** Width of the ring around a node that trains, in CSS pixels. */
export function ringWidth(radius: number): number {
  return Math.min(1.5, 0.4 + radius / 8);
}

/** Opacity of an edge: faint where there are many; stronger as one zooms in and they thin out. */
export function edgeAlpha(edges: number, zoom: number): number {
  return Math.min(0.5, Math.max(0.04, 12 / Math.sqrt(edges + 1)) * zoom ** 0.25);
}

/** Edges begin to end. `view` is in pixels of the raster. */
export function rasterEdges(
  raster: Raster,
  edges: Uint32Array,
  begin: number,
  end: number,
  positions: Float32Array,
  { scale, x, y }: Viewport,
  alpha: number,
): void {
  for (let e = 2 * begin; e < 2 * end; e += 2) {
    const v = 2 * edges[e];
    const u = 2 * edges[e + 1];
    const x0 = positions[v] * scale + x;
    const y0 = positions[v + 1] * scale + y;
    addLine(raster, x0, y0, positions[u] * scale + x, positions[u + 1] * scale + y, alpha);
  }
}

/** What one look of nodes is painted with. */
export interface NodeTool {
  readonly disc: DiscMask;
  readonly rim: DiscMask;
  readonly fill: Brush;
  readonly edge: Brush;
}

/** One for each look. `radius` and `ring.width` are in pixels of the raster. */
export function nodeTools(
  looks: readonly Look[],
  ring: { readonly color: string; readonly width: number },
  radius: number,
): NodeTool[] {
  const masks = new Map<number, Pick<NodeTool, 'disc' | 'rim'>>();
  return looks.map(({ color, alpha, scale: size }) => {
    const known = masks.get(size);
    const made = known ?? { disc: discMask(size * radius), rim: discMask(size * radius + ring.width, size * radius) };
    masks.set(size, made);
    return { ...made, fill: brushOf(color, alpha), edge: brushOf(ring.color, alpha) };
  });
}

/** Nodes begin to end of their order, those that train with a ring, on an empty raster. `view` is in its pixels. */
export function rasterNodes(
  raster: Raster,
  { look, order }: PaintSheet,
  begin: number,
  end: number,
  tools: readonly NodeTool[],
  split: Uint8Array | null,
  positions: Float32Array,
  { scale, x, y }: Viewport,
): void {
  for (let i = begin; i < end; i++) {
    const v = order[i];
    const { disc, rim, fill, edge } = tools[look[v]];
    const px = positions[2 * v] * scale + x;
    const py = positions[2 * v + 1] * scale + y;
    if (split && split[v] === 1) addDisc(raster, rim, px, py, edge);
    addDisc(raster, disc, px, py, fill);
  }
}

/** A node with its edges and neighbours, in front of everything, on a context that is scaled to CSS pixels. */
export function drawFocus(
  ctx: CanvasRenderingContext2D,
  node: number,
  { starts, nodes }: Neighbours,
  color: string,
  positions: Float32Array,
  { scale, x, y }: Viewport,
  radius: number,
): void {
  const at = (v: number) => [positions[2 * v] * scale + x, positions[2 * v + 1] * scale + y] as const;
  const [fx, fy] = at(node);
  ctx.strokeStyle = color;
  ctx.globalAlpha = 0.6;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = starts[node]; i < starts[node + 1]; i++) {
    const [sx, sy] = at(nodes[i]);
    // From rim to rim, so that the colours of the nodes stay to be seen.
    const rim = Math.min(0.5, (radius + 1.5) / (Math.hypot(sx - fx, sy - fy) || 1));
    ctx.moveTo(fx + (sx - fx) * rim, fy + (sy - fy) * rim);
    ctx.lineTo(sx - (sx - fx) * rim, sy - (sy - fy) * rim);
    ctx.moveTo(sx + radius + 1.5, sy);
    ctx.arc(sx, sy, radius + 1.5, 0, TURN);
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(fx, fy, radius + 3, 0, TURN);
  ctx.stroke();
}
