import { drawFocus, edgeAlpha, type Ink, nodeRadius, rasterEdges, rasterNodes } from './draw.ts';
import type { Neighbours } from './neighbours.ts';
import type { PaintSheet } from './nodePaint.ts';
import { newRaster, prime, type Raster, rgb } from './raster.ts';
import type { Size, Viewport } from './viewport.ts';

/** Three canvases, one on top of the other, so that what has not changed is not drawn again. */
export interface Layers {
  readonly edges: HTMLCanvasElement;
  readonly nodes: HTMLCanvasElement;
  readonly focus: HTMLCanvasElement;
}

/** Everything that is to be seen. Parts are compared by identity. */
export interface Scene {
  readonly positions: Float32Array;
  readonly edges: Uint32Array;
  readonly neighbours: Neighbours;
  readonly split: Uint8Array | null;
  readonly sheet: PaintSheet;
  readonly focus: number | null;
  readonly view: Viewport;
  readonly zoom: number;
  readonly size: Size;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  readonly ink: Ink;
}

export interface Painter {
  show(scene: Scene): void;
  stop(): void;
}

type Layer = keyof Layers;

/** What each layer depends on. */
const DEPENDS: Readonly<Record<Layer, readonly (keyof Scene)[]>> = {
  edges: ['positions', 'edges', 'view', 'size', 'ratio', 'ink'],
  nodes: ['positions', 'split', 'sheet', 'view', 'size', 'ratio', 'ink'],
  focus: ['positions', 'neighbours', 'focus', 'view', 'size', 'ratio', 'ink'],
};

/** Edges between two looks at the clock, and how much of a frame they may take; the rest waits for the next frame. */
const EDGES_AT_ONCE = 2000;
const EDGES_MS = 4;

/** Draws the latest scene at most once per animation frame, and of it only the layers that changed. */
export function newPainter(layers: Layers): Painter {
  const edges = pixelLayer(layers.edges);
  const nodes = pixelLayer(layers.nodes);
  const front = layers.focus.getContext('2d')!;
  let scene: Scene | null = null;
  let drawn: Scene | null = null;
  let nextEdge = 0;
  let frame = 0;

  const request = () => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };

  const draw = () => {
    frame = 0;
    if (!scene) return;
    const now = scene;
    const { positions, view, size, ratio, ink } = now;
    const width = Math.round(size.width * ratio);
    const height = Math.round(size.height * ratio);
    if (width === 0 || height === 0) return;
    const stale = (layer: Layer) => DEPENDS[layer].some((part) => now[part] !== drawn?.[part]);
    const [nodesStale, focusStale, edgesStale] = [stale('nodes'), stale('focus'), stale('edges')];
    drawn = now;
    const radius = nodeRadius(positions.length / 2, size, now.zoom);
    const inPixels = { scale: view.scale * ratio, x: view.x * ratio, y: view.y * ratio };
    if (nodesStale) {
      const ring = { color: ink.ring, width: ratio * ringWidth(radius) };
      rasterNodes(nodes.raster(width, height), now.sheet, now.split, ring, positions, inPixels, radius * ratio);
      nodes.show();
    }
    if (focusStale) {
      fitCanvas(layers.focus, width, height);
      front.setTransform(ratio, 0, 0, ratio, 0, 0);
      front.clearRect(0, 0, size.width, size.height);
      if (now.focus !== null) drawFocus(front, now.focus, now.neighbours, ink.focus, positions, view, radius);
    }
    if (edgesStale) {
      prime(edges.raster(width, height), rgb(ink.edge));
      nextEdge = 0;
      if (now.edges.length === 0) edges.show();
    }
    const count = now.edges.length / 2;
    if (nextEdge === count) return;
    const alpha = edgeAlpha(count, now.zoom);
    const start = performance.now();
    while (nextEdge < count && performance.now() - start < EDGES_MS) {
      const end = Math.min(count, nextEdge + EDGES_AT_ONCE);
      rasterEdges(edges.raster(width, height), now.edges, nextEdge, end, positions, inPixels, alpha);
      nextEdge = end;
    }
    edges.show();
    if (nextEdge < count) request();
  };

  return {
    show(next) {
      scene = next;
      request();
    },
    stop() {
      cancelAnimationFrame(frame);
    },
  };
}

function ringWidth(radius: number): number {
  return Math.min(1.5, 0.4 + radius / 8);
}

/** A canvas that shows an array of pixels. */
function pixelLayer(canvas: HTMLCanvasElement) {
  const ctx = canvas.getContext('2d')!;
  let raster: Raster = newRaster(0, 0);
  return {
    raster(width: number, height: number): Raster {
      if (raster.width !== width || raster.height !== height) raster = newRaster(width, height);
      return raster;
    },
    show() {
      fitCanvas(canvas, raster.width, raster.height);
      ctx.putImageData(new ImageData(raster.bytes, raster.width, raster.height), 0, 0);
    },
  };
}

/** Setting a canvas's size wipes it, even where it stays the same. */
function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
