import { neighboursOf } from '../src/app/graph/neighbours.ts';
import { type ColourMode, type Highlight, paintSheet } from '../src/app/graph/nodePaint.ts';
import { rasterBody } from '../src/app/graph/rasterBody.ts';
import type { Body, Scene } from '../src/app/graph/scene.ts';
import { type WebglBody, webglBody } from '../src/app/graph/webgl/webglBody.ts';
import { uniformBelow } from '../src/graph/draw.ts';
import { seedKey } from '../src/graph/random.ts';

/** Both painters of a graph's edges and nodes, side by side. */

const canvas = () => document.body.appendChild(document.createElement('canvas'));
const layers = { edges: canvas(), nodes: canvas() };
const glCanvas = canvas();
let changes = 0;
const raster = rasterBody(layers);
const webgl: WebglBody | null = webglBody(glCanvas, () => changes++, true);

interface Picture {
  readonly nodes: number;
  readonly edges: number;
  readonly mode: ColourMode;
  readonly highlight: Highlight | null;
  readonly ratio: number;
  readonly dark: boolean;
}

const SIZE = { width: 320, height: 240 };

/**
 * A random graph. Nodes lie where the middles of the masks of raster.ts do, an eighth of a pixel beside a quarter, and a view that takes
 * positions for device pixels keeps them there: so both painters mean the same places.
 */
function sceneOf({ nodes, edges, mode, highlight, ratio, dark }: Picture, size = SIZE): Scene {
  const key = seedKey(nodes);
  const below = (bound: number, i: number, use: number) => uniformBelow(bound, key, i, use);
  const place = (bound: number, i: number, use: number) => below(4 * bound, i, use) / 4 + 0.125;
  const positions = Float32Array.from({ length: 2 * nodes }, (_, i) =>
    place(ratio * (i % 2 === 0 ? size.width : size.height), i, 1),
  );
  const pairs = Uint32Array.from({ length: 2 * edges }, (_, i) => below(nodes, i, 2));
  const of = (bound: number, use: number) => Uint16Array.from({ length: nodes }, (_, i) => below(bound, i, use));
  const split = Uint8Array.from(of(4, 3));
  const sheet = paintSheet({
    labels: Int32Array.from(of(6, 4), (label) => label - 1),
    labelSets: null,
    predictions: of(6, 5),
    confidence: Uint8Array.from(of(256, 6)),
    classes: 5,
    split,
    mode,
    highlight,
  });
  const ink = dark
    ? { edge: '#d3d7dc', ring: '#7d848d', focus: '#ffffff' }
    : { edge: '#1d2126', ring: '#1d2126', focus: '#1d2126' };
  const neighbours = neighboursOf(nodes, pairs);
  const view = { scale: 1 / ratio, x: 0, y: 0 };
  const chosen = { focus: null, pinned: null };
  return { positions, edges: pairs, neighbours, split, sheet, ...chosen, view, zoom: 1, size, ratio, ink };
}

function finish(body: Body, scene: Scene): void {
  while (body.paint(scene));
}

/** The canvases on a ground, as the page shows them. */
function seen(canvases: readonly HTMLCanvasElement[], dark: boolean): Uint8ClampedArray {
  const { width, height } = canvases.at(-1)!;
  const ctx = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  ctx.fillStyle = dark ? '#15171a' : '#f6f6f4';
  ctx.fillRect(0, 0, width, height);
  for (const layer of canvases) ctx.drawImage(layer, 0, 0);
  return ctx.getImageData(0, 0, width, height).data;
}

const paintPage = {
  webgl: webgl !== null,

  /** Whether the page would take WebGL on this machine, and whether a canvas that it does not take stays as it was. */
  taken(): { taken: boolean; untouched: boolean } {
    const asked = canvas();
    const taken = webglBody(asked, () => {}) !== null;
    return { taken, untouched: asked.getContext('2d') !== null };
  },

  /** How far the two pictures are apart, in 255ths of a channel; `painted` is the share of pixels that are not ground. */
  compare(picture: Picture): { most: number; mean: number; painted: number } {
    const scene = sceneOf(picture);
    finish(raster, scene);
    finish(webgl!, scene);
    const [a, b] = [seen([layers.edges, layers.nodes], picture.dark), seen([glCanvas], picture.dark)];
    let [most, sum, painted] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      const apart = Math.abs(a[i] - b[i]);
      most = Math.max(most, apart);
      sum += apart;
      if (i % 4 === 0 && a[i] !== a[0]) painted++;
    }
    return { most, mean: sum / a.length, painted: painted / (a.length / 4) };
  },

  /** New colours come while others are painted, in the same places: how far the picture is from one that had them from the beginning. */
  recolour(nodes: number): number {
    const picture = { nodes, edges: 0, highlight: null, ratio: 1, dark: false };
    const scene = sceneOf({ ...picture, mode: 'class' });
    const [error, last] = (['error', 'prediction'] as const).map((mode) => sceneOf({ ...picture, mode }).sheet);
    finish(raster, scene);
    raster.paint({ ...scene, sheet: error });
    finish(raster, { ...scene, sheet: last });
    const recoloured = seen([layers.edges, layers.nodes], false);
    finish(raster, { ...scene, sheet: last, positions: scene.positions.slice() });
    const anew = seen([layers.edges, layers.nodes], false);
    return anew.reduce((most, value, i) => Math.max(most, Math.abs(value - recoloured[i])), 0);
  },

  /** The context goes away and comes back; whether the body is usable and its canvas seen before, meanwhile and afterwards, and what is told. */
  async lose(): Promise<{ usable: boolean[]; seen: boolean[]; changes: number }> {
    const gl = glCanvas.getContext('webgl2')!;
    const loss = gl.getExtension('WEBGL_lose_context')!;
    const event = (name: string) => new Promise((resolve) => glCanvas.addEventListener(name, resolve, { once: true }));
    const visible = () => getComputedStyle(glCanvas).visibility === 'visible';
    const [usable, seen] = [[webgl!.usable()], [visible()]];
    changes = 0;
    const lost = event('webglcontextlost');
    loss.loseContext();
    await lost;
    usable.push(webgl!.usable());
    seen.push(visible());
    // A context comes back only after the event was handled.
    await new Promise((resolve) => setTimeout(resolve));
    const restored = event('webglcontextrestored');
    loss.restoreContext();
    await restored;
    usable.push(webgl!.usable());
    seen.push(visible());
    return { usable, seen, changes };
  },

  /** Milliseconds on the main thread of each frame of a drag. */
  async pan(painter: 'raster' | 'webgl', nodes: number, edges: number, frames: number): Promise<number[]> {
    const size = { width: 800, height: 600 };
    const body = painter === 'raster' ? raster : webgl!;
    const scene = sceneOf({ nodes, edges, mode: 'class', highlight: null, ratio: 1, dark: false }, size);
    const times: number[] = [];
    for (let i = 0; i < frames; i++) {
      await new Promise(requestAnimationFrame);
      const begun = performance.now();
      body.paint({ ...scene, view: { ...scene.view, x: 2 * i } });
      times.push(performance.now() - begun);
    }
    return times;
  },
};

export type PaintPage = typeof paintPage;

declare global {
  interface Window {
    paintPage: PaintPage;
  }
}
window.paintPage = paintPage;
