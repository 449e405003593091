import { edgeAlpha, nodeRadius, ringWidth } from '../draw.ts';
import { rgb } from '../raster.ts';
import { type Body, differ, fitCanvas, inPixels, pixelsOf, type Scene } from '../scene.ts';
import type { Size, Viewport } from '../viewport.ts';
import { discs } from './discs.ts';
import { lines } from './lines.ts';

/** Edges and nodes by WebGL 2, on one canvas: the same picture as rasterBody.ts, in two draws whatever their number. */

/** In device pixels. */
export interface Frame {
  readonly view: Viewport;
  readonly size: Size;
}

export interface WebglBody extends Body {
  /** False while the driver has taken the context away. */
  usable(): boolean;
  release(): void;
}

/** Renderers that a browser may give in spite of failIfMajorPerformanceCaveat, as Chromium does with SwiftShader where it composites by software. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render/i;

const CONTEXT: WebGLContextAttributes = { antialias: false, depth: false, stencil: false, premultipliedAlpha: true };
const HARDWARE: WebGLContextAttributes = { ...CONTEXT, failIfMajorPerformanceCaveat: true };

/** Found out on a canvas that nobody sees: on one that is shown, Chromium paints a broken picture once its context is given up. */
function isSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2', HARDWARE);
  if (!gl) return true;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return SOFTWARE.test(renderer);
}

const SEEN = ['positions', 'edges', 'split', 'sheet', 'view', 'size', 'ratio', 'ink'] as const;
const LINES = ['positions', 'edges'] as const;
const DISCS = ['positions', 'split', 'sheet'] as const;

/**
 * Null where there is no WebGL 2, or software would do its work: a frame of many edges takes that longer than the pixels of
 * rasterBody.ts, which stay within a part of a frame.
 *
 * @param changed called when the context went away or came back
 * @param software whether software will do all the same, for tests
 */
export function webglBody(canvas: HTMLCanvasElement, changed: () => void, software = false): WebglBody | null {
  if (!software && isSoftware()) return null;
  const gl = canvas.getContext('webgl2', software ? CONTEXT : HARDWARE);
  if (!gl) return null;
  let made: { readonly lines: ReturnType<typeof lines>; readonly discs: ReturnType<typeof discs> } | null = null;
  let drawn: Scene | null = null;
  let loaded: Scene | null = null;
  let failed = false;
  const events = new AbortController();
  const { signal } = events;
  const forget = (event: Event) => {
    // Without this it never comes back.
    event.preventDefault();
    [made, drawn, loaded] = [null, null, null];
    // What a browser shows of a lost context would cover the pixels below.
    canvas.style.visibility = 'hidden';
    changed();
  };
  const resume = () => {
    canvas.style.visibility = '';
    changed();
  };
  canvas.addEventListener('webglcontextlost', forget, { signal });
  canvas.addEventListener('webglcontextrestored', resume, { signal });

  const programs = () => {
    made ??= { lines: lines(gl), discs: discs(gl) };
    return made;
  };

  return {
    usable() {
      if (failed || gl.isContextLost()) return false;
      try {
        programs();
      } catch {
        // A driver that refuses such small programs will refuse them again.
        failed = true;
      }
      return !failed && !gl.isContextLost();
    },
    paint(scene) {
      if (!differ(scene, drawn, SEEN)) return false;
      const { positions, edges, split, sheet, ink, zoom, ratio } = scene;
      const { lines, discs } = programs();
      if (differ(scene, loaded, LINES)) lines.load(edges, positions);
      if (differ(scene, loaded, DISCS)) discs.load(sheet, split, positions);
      loaded = scene;
      const size = pixelsOf(scene);
      fitCanvas(canvas, size);
      gl.viewport(0, 0, size.width, size.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.enable(gl.BLEND);
      const frame = { view: inPixels(scene), size };
      const radius = nodeRadius(positions.length / 2, scene.size, zoom);
      lines.draw(frame, rgb(ink.edge), edgeAlpha(edges.length / 2, zoom));
      discs.draw(frame, ratio * radius, ink.ring, ratio * ringWidth(radius));
      drawn = scene;
      return false;
    },
    hide() {
      drawn = null;
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
    },
    release() {
      events.abort();
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}
