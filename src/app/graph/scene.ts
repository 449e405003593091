import type { Ink } from './draw.ts';
import type { Neighbours } from './neighbours.ts';
import type { PaintSheet } from './nodePaint.ts';
import type { Size, Viewport } from './viewport.ts';

/** What a picture of a graph is, whoever paints it. */

/** Canvases, one on top of the other, so that what has not changed is not drawn again: edges and nodes, or both of them by WebGL. */
export interface Layers {
  readonly edges: HTMLCanvasElement;
  readonly nodes: HTMLCanvasElement;
  readonly webgl: HTMLCanvasElement;
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

/** Paints edges and nodes. */
export interface Body {
  /** Paints what differs from what it painted last; true where there is more to do in the next frame. */
  paint(scene: Scene): boolean;
  /** Another body paints from now on: its canvases are empty until it is asked again. */
  hide(): void;
}

/** Whether any of the parts of a scene is another one. */
export const differ = (a: Scene, b: Scene | null, parts: readonly (keyof Scene)[]) =>
  parts.some((part) => a[part] !== b?.[part]);

/** The size of the canvases in device pixels. */
export function pixelsOf({ size, ratio }: Scene): Size {
  return { width: Math.round(size.width * ratio), height: Math.round(size.height * ratio) };
}

/** The view in device pixels. */
export function inPixels({ view, ratio }: Scene): Viewport {
  return { scale: view.scale * ratio, x: view.x * ratio, y: view.y * ratio };
}

/** Setting a canvas's size wipes it, even where it stays the same. */
export function fitCanvas(canvas: HTMLCanvasElement, { width, height }: Size): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
