import { markOnce } from '../marks.ts';
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
  readonly pinned: number | null;
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

/** What each layer depends on. */
const NODES = ['positions', 'split', 'sheet', 'view', 'size', 'ratio', 'ink'] as const;
const FOCUS = ['positions', 'neighbours', 'focus', 'pinned', 'view', 'size', 'ratio', 'ink'] as const;
const EDGES = ['positions', 'edges', 'view', 'size', 'ratio', 'ink'] as const;

const differ = (a: Scene, b: Scene | null, parts: readonly (keyof Scene)[]) =>
  parts.some((part) => a[part] !== b?.[part]);

/** Draws the latest scene at most once per animation frame, and of it only the layers that changed. */
export function newPainter(layers: Layers): Painter {
  const nodes = pixelLayer(layers.nodes);
  const edges = edgeLayer(layers.edges);
  const front = layers.focus.getContext('2d')!;
  let scene: Scene | null = null;
  let drawn: Scene | null = null;
  let frame = 0;

  const request = () => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };

  const draw = () => {
    frame = 0;
    if (!scene) return;
    const { positions, view, size, ratio, ink, focus, pinned } = scene;
    const pixels = pixelsOf(scene);
    if (pixels.width === 0 || pixels.height === 0) return;
    const radius = nodeRadius(positions.length / 2, size, scene.zoom);
    if (differ(scene, drawn, NODES)) {
      const ring = { color: ink.ring, width: ratio * ringWidth(radius) };
      const raster = nodes.raster(pixels);
      rasterNodes(raster, scene.sheet, scene.split, ring, positions, inPixels(scene), radius * ratio);
      nodes.show();
      markOnce('edgewise:graph-drawn');
    }
    if (differ(scene, drawn, FOCUS)) {
      fitCanvas(layers.focus, pixels);
      front.setTransform(ratio, 0, 0, ratio, 0, 0);
      front.clearRect(0, 0, size.width, size.height);
      for (const node of new Set([pinned, focus])) {
        if (node !== null) drawFocus(front, node, scene.neighbours, ink.focus, positions, view, radius);
      }
    }
    drawn = scene;
    if (edges.advance(scene)) request();
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

/** Edges between two looks at the clock, and how much of a frame they may take; the rest waits for the next frame. */
const EDGES_AT_ONCE = 2000;
const EDGES_MS = 4;

/**
 * Edges of a large graph take several frames. Meanwhile the finished picture of them stays, moved and stretched to where
 * the view is now; what was begun is finished first, so that a long drag does not starve them.
 */
function edgeLayer(canvas: HTMLCanvasElement) {
  const layer = pixelLayer(canvas);
  let shown: Scene | null = null;
  let job: { readonly scene: Scene; next: number } | null = null;
  return {
    /** Draws for a few milliseconds; true where there is more to do. */
    advance(scene: Scene): boolean {
      // Another graph, another size or theme: what was begun is worthless.
      if (job && differ(scene, job.scene, EDGES) && scene.view === job.scene.view) job = null;
      if (job?.scene.edges !== scene.edges) job = null;
      if (!job && differ(scene, shown, EDGES)) {
        prime(layer.raster(pixelsOf(scene)), rgb(scene.ink.edge));
        job = { scene, next: 0 };
      }
      if (job) {
        const { positions, edges, zoom } = job.scene;
        const raster = layer.raster(pixelsOf(job.scene));
        const count = edges.length / 2;
        const alpha = edgeAlpha(count, zoom);
        const start = performance.now();
        while (job.next < count && performance.now() - start < EDGES_MS) {
          const end = Math.min(count, job.next + EDGES_AT_ONCE);
          rasterEdges(raster, edges, job.next, end, positions, inPixels(job.scene), alpha);
          job.next = end;
        }
        if (job.next === count) {
          layer.show();
          shown = job.scene;
          job = null;
        }
      }
      const stands = shown?.edges === scene.edges ? shown : null;
      canvas.style.visibility = stands ? 'visible' : 'hidden';
      canvas.style.transform = stands ? movedFrom(stands.view, scene.view) : 'none';
      return job !== null || differ(scene, shown, EDGES);
    },
  };
}

/** CSS that takes a picture drawn for one view to another; the origin is the canvas's corner. */
function movedFrom(before: Viewport, now: Viewport): string {
  const scale = now.scale / before.scale;
  if (before === now) return 'none';
  return `matrix(${scale}, 0, 0, ${scale}, ${now.x - before.x * scale}, ${now.y - before.y * scale})`;
}

function pixelsOf({ size, ratio }: Scene): Size {
  return { width: Math.round(size.width * ratio), height: Math.round(size.height * ratio) };
}

function inPixels({ view, ratio }: Scene): Viewport {
  return { scale: view.scale * ratio, x: view.x * ratio, y: view.y * ratio };
}

function ringWidth(radius: number): number {
  return Math.min(1.5, 0.4 + radius / 8);
}

/** A canvas that shows an array of pixels. */
function pixelLayer(canvas: HTMLCanvasElement) {
  const ctx = canvas.getContext('2d')!;
  let raster: Raster = newRaster(0, 0);
  return {
    raster({ width, height }: Size): Raster {
      if (raster.width !== width || raster.height !== height) raster = newRaster(width, height);
      return raster;
    },
    show() {
      fitCanvas(canvas, raster);
      ctx.putImageData(new ImageData(raster.bytes, raster.width, raster.height), 0, 0);
    },
  };
}

/** Setting a canvas's size wipes it, even where it stays the same. */
function fitCanvas(canvas: HTMLCanvasElement, { width, height }: Size): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
