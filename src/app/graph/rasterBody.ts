import { edgeAlpha, nodeRadius, rasterEdges, rasterNodes, ringWidth } from './draw.ts';
import { newRaster, prime, type Raster, rgb } from './raster.ts';
import { type Body, differ, fitCanvas, inPixels, type Layers, pixelsOf, type Scene } from './scene.ts';
import type { Size, Viewport } from './viewport.ts';

/** Edges and nodes as arrays of pixels, on two canvases. */

/** What each layer depends on. */
const NODES = ['positions', 'split', 'sheet', 'view', 'size', 'ratio', 'ink'] as const;
const EDGES = ['positions', 'edges', 'view', 'size', 'ratio', 'ink'] as const;

export function rasterBody(layers: Pick<Layers, 'edges' | 'nodes'>): Body {
  const nodes = pixelLayer(layers.nodes);
  const edges = edgeLayer(layers.edges);
  let drawn: Scene | null = null;
  return {
    paint(scene) {
      if (differ(scene, drawn, NODES)) {
        const { positions, size, ratio, ink } = scene;
        const radius = nodeRadius(positions.length / 2, size, scene.zoom);
        const ring = { color: ink.ring, width: ratio * ringWidth(radius) };
        const raster = nodes.raster(pixelsOf(scene));
        rasterNodes(raster, scene.sheet, scene.split, ring, positions, inPixels(scene), radius * ratio);
        nodes.show();
      }
      drawn = scene;
      return edges.advance(scene);
    },
    hide() {
      drawn = null;
      layers.nodes.width = 0;
      edges.hide();
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
