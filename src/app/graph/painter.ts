import { markOnce } from '../marks.ts';
import { drawFocus, nodeRadius } from './draw.ts';
import { rasterBody } from './rasterBody.ts';
import { type Body, differ, fitCanvas, type Layers, pixelsOf, type Scene } from './scene.ts';
import type { WebglBody } from './webgl/webglBody.ts';

export interface Painter {
  show(scene: Scene): void;
  stop(): void;
}

const FOCUS = ['positions', 'neighbours', 'focus', 'pinned', 'view', 'size', 'ratio', 'ink'] as const;

/**
 * Draws the latest scene at most once per animation frame, and of it only the layers that changed. A large graph is painted by
 * WebGL, where that is more than software; what paints it comes when it is needed, and until then pixels do.
 */
export function newPainter(layers: Layers): Painter {
  const raster = rasterBody(layers);
  const front = layers.focus.getContext('2d')!;
  let webgl: WebglBody | null = null;
  let asked = false;
  let stopped = false;
  let body: Body = raster;
  let scene: Scene | null = null;
  let drawn: Scene | null = null;
  let frame = 0;

  const request = () => {
    if (frame === 0 && !stopped) frame = requestAnimationFrame(draw);
  };

  const bodyOf = (shown: Scene): Body => {
    if (!isLarge(shown)) return raster;
    if (!asked) {
      asked = true;
      // Where its code does not arrive, pixels go on.
      import('./webgl/webglBody.ts').then(
        (module) => {
          if (!stopped) webgl = module.webglBody(layers.webgl, request);
          request();
        },
        () => {},
      );
    }
    return webgl?.usable() ? webgl : raster;
  };

  const draw = () => {
    frame = 0;
    if (!scene) return;
    const { positions, view, size, ratio, ink, focus, pinned } = scene;
    const pixels = pixelsOf(scene);
    if (pixels.width === 0 || pixels.height === 0) return;
    const chosen = bodyOf(scene);
    if (chosen !== body) body.hide();
    body = chosen;
    const more = body.paint(scene);
    if (!drawn) markOnce('edgewise:graph-drawn');
    if (differ(scene, drawn, FOCUS)) {
      const radius = nodeRadius(positions.length / 2, size, scene.zoom);
      fitCanvas(layers.focus, pixels);
      front.setTransform(ratio, 0, 0, ratio, 0, 0);
      front.clearRect(0, 0, size.width, size.height);
      for (const node of new Set([pinned, focus])) {
        if (node !== null) drawFocus(front, node, scene.neighbours, ink.focus, positions, view, radius);
      }
    }
    drawn = scene;
    if (more) request();
  };

  return {
    show(next) {
      scene = next;
      request();
    },
    stop() {
      stopped = true;
      cancelAnimationFrame(frame);
      webgl?.release();
    },
  };
}

/**
 * An edge takes pixels a microsecond or two, so that a few thousand are what a frame has time for; WebGL takes the main thread a few tenths
 * of a millisecond, whatever their number.
 */
const LARGE_NODES = 5_000;
const LARGE_EDGES = 10_000;

function isLarge({ positions, edges }: Scene): boolean {
  return positions.length > 2 * LARGE_NODES || edges.length > 2 * LARGE_EDGES;
}
