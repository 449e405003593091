import { edgeAlpha, type NodeTool, nodeRadius, nodeTools, rasterEdges, rasterNodes, ringWidth } from './draw.ts';
import { newRaster, prime, type Raster, rgb } from './raster.ts';
import { type Body, differ, fitCanvas, inPixels, type Layers, pixelsOf, type Scene } from './scene.ts';
import type { Size, Viewport } from './viewport.ts';

/** Edges and nodes as arrays of pixels, on two canvases. */

/** What each layer depends on. */
const PLACES = ['positions', 'view', 'size', 'ratio', 'ink'] as const;
const NODES = [...PLACES, 'split', 'sheet'] as const;
const EDGES = ['positions', 'edges', 'view', 'size', 'ratio', 'ink'] as const;

export function rasterBody(layers: Pick<Layers, 'edges' | 'nodes'>): Body {
  const nodes = nodeLayer(layers.nodes);
  const edges = edgeLayer(layers.edges);
  return {
    paint(scene) {
      const more = nodes.advance(scene);
      return edges.advance(scene) || more;
    },
    hide() {
      nodes.hide();
      edges.hide();
    },
  };
}

/** Nodes or edges between two looks at the clock, and how much of a frame either may take; the rest waits for the next frame. */
const AT_ONCE = 2000;
const SLICE_MS = 4;

/** Works in slices of `count` until it is done, or a part of a frame is over; how far it came. */
function slice(from: number, count: number, work: (begin: number, end: number) => void): number {
  const start = performance.now();
  let next = from;
  while (next < count && performance.now() - start < SLICE_MS) {
    const end = Math.min(count, next + AT_ONCE);
    work(next, end);
    next = end;
  }
  return next;
}

/**
 * Nodes that are moved are painted in each frame. Other colours in the same places, as a training brings them again and again, may take a few frames: the
 * picture stays until they are there, and those that come meanwhile wait, so that a film of the epochs does not starve them.
 */
function nodeLayer(canvas: HTMLCanvasElement) {
  const layer = pixelLayer(canvas);
  let shown: Scene | null = null;
  let job: { readonly scene: Scene; readonly tools: readonly NodeTool[]; next: number } | null = null;

  const begin = (scene: Scene) => {
    const { positions, size, ratio, ink, zoom, sheet } = scene;
    const radius = nodeRadius(positions.length / 2, size, zoom);
    const ring = { color: ink.ring, width: ratio * ringWidth(radius) };
    layer.raster(pixelsOf(scene)).pixels.fill(0);
    return { scene, tools: nodeTools(sheet.looks, ring, ratio * radius), next: 0 };
  };
  const paint = ({ scene, tools }: NonNullable<typeof job>, from: number, to: number) => {
    const { sheet, split, positions } = scene;
    rasterNodes(layer.raster(pixelsOf(scene)), sheet, from, to, tools, split, positions, inPixels(scene));
  };
  return {
    /** True where there is more to do. */
    advance(scene: Scene): boolean {
      if (differ(scene, shown, PLACES)) {
        const { length } = scene.sheet.order;
        paint(begin(scene), 0, length);
        [job, shown] = [null, scene];
        layer.show();
        return false;
      }
      if (!job && differ(scene, shown, NODES)) job = begin(scene);
      if (!job) return false;
      const going = job;
      const { length } = going.scene.sheet.order;
      going.next = slice(going.next, length, (from, to) => paint(going, from, to));
      if (going.next < length) return true;
      [job, shown] = [null, going.scene];
      layer.show();
      return differ(scene, shown, NODES);
    },
    hide() {
      [job, shown] = [null, null];
      canvas.width = 0;
    },
  };
}

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
        const view = inPixels(job.scene);
        job.next = slice(job.next, count, (from, to) => rasterEdges(raster, edges, from, to, positions, view, alpha));
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
    hide() {
      [job, shown] = [null, null];
      canvas.width = 0;
    },
  };
}

/** CSS that takes a picture drawn for one view to another; the origin is the canvas's corner. */
function movedFrom(before: Viewport, now: Viewport): string {
  const scale = now.scale / before.scale;
  if (before === now) return 'none';
  return `matrix(${scale}, 0, 0, ${scale}, ${now.x - before.x * scale}, ${now.y - before.y * scale})`;
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
