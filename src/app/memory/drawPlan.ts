import { PURPOSE_COLORS } from '../theme/palette.ts';
import { shortBudget } from './budgetScale.ts';
import { axisTicks, type PlanItem, type PlanLayout } from './planGeometry.ts';

/** Draws the layout on a 2D canvas. Everything that moves by itself lies above it as elements (PlanOverlay.tsx). */

/** Pixels around the plot, for the axes, the label of the highest line, and the gauge. */
export const MARGIN = { left: 48, right: 28, top: 17, bottom: 20 } as const;

export interface PlanColors {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly ground: string;
}

export interface PlanDrawing {
  readonly layout: PlanLayout;
  /** Of each item, by its index. */
  readonly names: readonly string[];
  readonly colors: PlanColors;
  /** Item that is pointed at. */
  readonly active: number | null;
  /** Purpose that stands out. */
  readonly purpose: string | null;
}

type Canvas = CanvasRenderingContext2D;

/** How much of its colour a block shows: usual, standing out, and beside what stands out. */
const ALPHA = { usual: 0.62, strong: 1, faint: 0.16 } as const;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
/** Smallest rectangle that is given a label. */
const LABEL = { width: 34, height: 12 } as const;

/** @param ratio device pixels per CSS pixel */
export function drawPlan(
  canvas: HTMLCanvasElement,
  size: { width: number; height: number },
  ratio: number,
  drawing: PlanDrawing,
) {
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  // Setting the size clears the canvas and reallocates it: only where it changes.
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  context.translate(MARGIN.left, MARGIN.top);
  drawAxes(context, drawing);
  drawSlots(context, drawing, ratio);
  drawItems(context, drawing, ratio);
  drawRoutines(context, drawing, ratio);
  drawActive(context, drawing);
}

function drawAxes(context: Canvas, { layout, colors }: PlanDrawing) {
  const { height, width, top } = layout;
  context.font = `11px ${FONT}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = colors.dim;
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const bytes of axisTicks(top, Math.max(2, height / 48))) {
    const y = Math.round(height * (1 - bytes / top)) + 0.5;
    context.moveTo(-4, y);
    context.lineTo(width, y);
    context.fillText(bytes === 0 ? '0' : shortBudget(bytes), -8, y);
  }
  context.stroke();
}

/** Room of the slots that nobody uses, hatched; blocks are drawn over it. */
function drawSlots(context: Canvas, { layout, colors }: PlanDrawing, ratio: number) {
  const hatch = context.createPattern(hatchTile(colors, ratio), 'repeat');
  if (!hatch) return;
  // The tile is in device pixels, so that its lines stay sharp.
  hatch.setTransform(new DOMMatrix().scale(1 / ratio));
  context.fillStyle = hatch;
  for (const { kind, buffers, y, height } of layout.bands) {
    if (kind !== 'slot' || buffers.length > 1) continue;
    const upper = snap(y, ratio);
    const tall = snap(y + height, ratio) - upper;
    // Without the lines of the axis under it.
    context.clearRect(0, upper, layout.width, tall);
    context.fillRect(0, upper, layout.width, tall);
  }
}

/** The last one is kept: only another theme or another screen asks for a new one. */
let tile: { key: string; canvas: HTMLCanvasElement } | null = null;

function hatchTile({ line }: PlanColors, ratio: number): HTMLCanvasElement {
  const key = `${line} ${ratio}`;
  if (tile?.key === key) return tile.canvas;
  const canvas = document.createElement('canvas');
  const side = Math.round(6 * ratio);
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  if (context) {
    context.strokeStyle = line;
    context.lineWidth = Math.max(1, ratio * 0.8);
    context.beginPath();
    for (const shift of [-side, 0, side]) {
      context.moveTo(shift - 2, side + 2);
      context.lineTo(shift + side + 2, -2);
    }
    context.stroke();
  }
  tile = { key, canvas };
  return canvas;
}

/** One opaque rectangle and at most one label each: a plan may have hundreds of blocks, and a frame has a few milliseconds. */
function drawItems(context: Canvas, drawing: PlanDrawing, ratio: number) {
  const { layout, colors, names } = drawing;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.font = `11px ${FONT}`;
  const paint = painter(colors);
  layout.items.forEach((item, index) => {
    const box = snapped(item, ratio);
    const { fill, ink } = paint(item.purpose, alphaOf(drawing, item, index));
    context.fillStyle = fill;
    context.fillRect(box.x, box.y, box.width, box.height);
    if (box.width < LABEL.width || box.height < LABEL.height) return;
    const label = shorten(context, names[index], box.width - 10);
    if (!label) return;
    context.fillStyle = ink;
    context.fillText(label, box.x + 5, box.y + Math.min(box.height / 2, 12) + 0.5);
  });
}

function alphaOf({ layout, active, purpose }: PlanDrawing, item: PlanItem, index: number): number {
  if (index === active) return ALPHA.strong;
  if (purpose !== null) return item.purpose === purpose ? ALPHA.strong : ALPHA.faint;
  const shares = active !== null && layout.items[active]?.band === item.band;
  return shares ? (ALPHA.usual + ALPHA.strong) / 2 : ALPHA.usual;
}

/** Hairlines between the routines, and their names below. */
function drawRoutines(context: Canvas, { layout, colors }: PlanDrawing, ratio: number) {
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  context.font = `11px ${FONT}`;
  const upper = layout.bands.at(-1)?.y ?? 0;
  layout.routines.forEach(({ name, x, width }, index) => {
    if (index > 0) {
      context.fillStyle = colors.text;
      context.globalAlpha = 0.45;
      context.fillRect(snap(x, ratio) - 0.5 / ratio, upper, 1 / ratio, layout.height - upper + 6);
      context.globalAlpha = 1;
    }
    context.fillStyle = colors.dim;
    const label = shorten(context, name, width - 6);
    if (label) context.fillText(label, x + 4, layout.height + 15);
  });
}

/** The item that is pointed at, and the slot that it shares. */
function drawActive(context: Canvas, { layout, colors, active }: PlanDrawing) {
  const item = active === null ? undefined : layout.items[active];
  if (!item) return;
  const band = layout.bands[item.band];
  context.strokeStyle = colors.text;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.strokeRect(0.5, band.y + 0.5, layout.width - 1, Math.max(2, band.height - 1));
  context.setLineDash([]);
  context.lineWidth = 1.5;
  context.strokeRect(item.x + 0.75, item.y + 0.75, Math.max(2, item.width - 1.5), Math.max(2, item.height - 1.5));
}

type Rgb = readonly [number, number, number];

/** The colours of a purpose, mixed with the ground, and of text on them: text or ground, whichever is further away. */
function painter(colors: PlanColors) {
  const ground = parseColor(colors.ground);
  const text = parseColor(colors.text);
  const mixed = new Map<string, { fill: string; ink: string }>();
  return (purpose: string, alpha: number) => {
    const key = `${purpose} ${alpha}`;
    let paint = mixed.get(key);
    if (!paint) {
      const color = parseColor(PURPOSE_COLORS[purpose] ?? colors.dim);
      const fill = ground.map((part, i) => Math.round(part + alpha * (color[i] - part))) as unknown as Rgb;
      const far = (other: Rgb) => Math.abs(luma(other) - luma(fill));
      paint = { fill: `rgb(${fill.join(', ')})`, ink: far(text) >= far(ground) ? colors.text : colors.ground };
      mixed.set(key, paint);
    }
    return paint;
  };
}

/** `#rrggbb`, or what getComputedStyle writes. */
function parseColor(color: string): Rgb {
  const parts = color.startsWith('#')
    ? [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
    : (color.match(/[\d.]+/g) ?? []).map(Number);
  const [red = 0, green = 0, blue = 0] = parts;
  return [red, green, blue];
}

/** 0..255, by the weights of https://www.itu.int/rec/R-REC-BT.601 */
const luma = ([red, green, blue]: Rgb) => 0.299 * red + 0.587 * green + 0.114 * blue;

/** To whole device pixels, never thinner than one; where there is room, one is left free towards the neighbours. */
function snapped({ x, y, width, height }: PlanItem, ratio: number) {
  const left = snap(x, ratio);
  const upper = snap(y, ratio);
  const right = Math.max(left + 1 / ratio, snap(x + width, ratio));
  const lower = Math.max(upper + 1 / ratio, snap(y + height, ratio));
  const gap = (pixels: number) => (pixels > 3 ? 1 / ratio : 0);
  return {
    x: left,
    y: upper + gap(lower - upper),
    width: right - left - gap(right - left),
    height: lower - upper - gap(lower - upper),
  };
}

const snap = (pixels: number, ratio: number) => Math.round(pixels * ratio) / ratio;

/** Text that fits, with an ellipsis where it is cut; empty where not even four letters fit. */
function shorten(context: Canvas, text: string, width: number): string {
  const whole = textWidth(context, text);
  if (whole <= width) return text;
  const letters = Math.floor((text.length * width) / whole) - 1;
  return letters < 4 ? '' : `${text.slice(0, letters).trimEnd()}…`;
}

/** Measuring is the dear part of drawing, and the names repeat from plan to plan. */
const widths = new Map<string, number>();
function textWidth(context: Canvas, text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    if (widths.size > 2000) widths.clear();
    width = context.measureText(text).width;
    widths.set(text, width);
  }
  return width;
}
