import type { PlanPicture } from '../../worker/protocol.ts';
import { PURPOSE_COLORS } from '../theme/palette.ts';

/**
 * From the plan's picture to rectangles: pure, so that tests can hold it to the byte. x is time in dispatches, y is bytes,
 * both linear; y runs down from the plot's upper edge, as pixels do.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `resident` keeps its buffer for itself, a `slot` is shared in turn, a `service` buffer holds no value of the plan. */
export type BandKind = 'resident' | 'slot' | 'service';

/** Buffers that are drawn as one strip across the whole time: mostly one, several where they are too thin to tell apart. */
export interface Band {
  readonly kind: BandKind;
  /** Indices into the picture's buffers, lowest first. */
  readonly buffers: readonly number[];
  readonly bytes: number;
  readonly y: number;
  readonly height: number;
}

/** A rectangle that can be pointed at: a block in its slot, or a whole band. */
export interface PlanItem {
  readonly band: number;
  /** Index into the picture's blocks; null for a service buffer and for a band of several buffers. */
  readonly block: number | null;
  readonly purpose: string;
  /** First and last dispatch, both included. */
  readonly from: number;
  readonly to: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlanLayout extends Size {
  /** Bytes at the upper edge of the plot. */
  readonly top: number;
  /** Bottom to top. */
  readonly bands: readonly Band[];
  /** Band by band, and within a band by time. */
  readonly items: readonly PlanItem[];
  readonly routines: readonly { readonly name: string; readonly x: number; readonly width: number }[];
}

/** Thinner strips than this (pixels) join their neighbours of the same kind and purpose; what is in a slot is seen longer. */
const THIN: Readonly<Record<BandKind, number>> = { resident: 2.5, slot: 1.25, service: 2.5 };
/** A smaller plan than this share of the largest one stops shrinking, and the axis zooms in instead. */
const SMALLEST_SHARE = 0.55;
/** Room above the highest line, and how far above the plan a budget is still drawn to scale. */
const HEADROOM = 1.06;
const BUDGET_IN_VIEW = 1.5;

const KINDS: readonly BandKind[] = ['resident', 'slot', 'service'];
const PURPOSES = Object.keys(PURPOSE_COLORS);

/**
 * Bytes at the upper edge of the plot. The plan without a budget stays in view, so that a smaller plan looks smaller, until
 * it would be too flat to read.
 * @param budget 0 where there is none
 */
export function topOfScale(bytes: number, budget: number, unlimited: number | null): number {
  const ghost = Math.min(unlimited ?? 0, bytes / SMALLEST_SHARE);
  const limit = budget <= bytes * BUDGET_IN_VIEW ? budget : 0;
  return HEADROOM * Math.max(bytes, ghost, limit, 1);
}

/**
 * The buffers from the bottom to the top: what stays, by purpose; slots; service buffers. Larger ones lie lower. The purposes
 * stay together, so that their colours are areas and not stripes.
 */
export function stackOrder(picture: PlanPicture): readonly { readonly buffer: number; readonly kind: BandKind }[] {
  const kinds = picture.buffers.map((): BandKind => 'service');
  for (const { buffer, from, to } of picture.blocks) {
    kinds[buffer] = from === 0 && to === picture.length - 1 ? 'resident' : 'slot';
  }
  const rank = (buffer: number) => PURPOSES.indexOf(picture.buffers[buffer].purpose);
  return kinds
    .map((kind, buffer) => ({ buffer, kind }))
    .sort(
      (a, b) =>
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
        rank(a.buffer) - rank(b.buffer) ||
        picture.buffers[b.buffer].bytes - picture.buffers[a.buffer].bytes ||
        a.buffer - b.buffer,
    );
}

/** @param top bytes at the upper edge, from `topOfScale` */
export function layoutPlan(picture: PlanPicture, { width, height }: Size, top: number): PlanLayout {
  const bands = layoutBands(picture, height, top);
  const column = width / Math.max(1, picture.length);
  const blocksOf = new Map<number, number[]>();
  picture.blocks.forEach(({ buffer }, index) => {
    const list = blocksOf.get(buffer);
    if (list) list.push(index);
    else blocksOf.set(buffer, [index]);
  });

  const whole = { from: 0, to: Math.max(0, picture.length - 1), x: 0, width };
  const items = bands.flatMap((band, index): PlanItem[] => {
    const { buffers, y, height } = band;
    const blocks = blocksOf.get(buffers[0]) ?? [];
    const strip = { band: index, purpose: picture.buffers[buffers[0]].purpose, y, height, ...whole };
    if (buffers.length > 1 || blocks.length === 0) return [{ ...strip, block: null }];
    return blocks
      .map((block): PlanItem => {
        const { from, to, bytes, purpose } = picture.blocks[block];
        const tall = band.bytes > 0 ? (height * bytes) / band.bytes : 0;
        const time = { from, to, x: from * column, width: (to - from + 1) * column };
        return { band: index, block, purpose, y: y + height - tall, height: tall, ...time };
      })
      .sort((a, b) => a.from - b.from);
  });

  const routines = picture.routines.map(({ name, from, to }) => ({
    name,
    x: from * column,
    width: (to - from + 1) * column,
  }));
  return { width, height, top, bands, items, routines };
}

function layoutBands(picture: PlanPicture, height: number, top: number): Band[] {
  const scale = height / top;
  const groups: { kind: BandKind; purpose: string; buffers: number[]; bytes: number; thin: boolean }[] = [];
  for (const { buffer, kind } of stackOrder(picture)) {
    const { bytes, purpose } = picture.buffers[buffer];
    const thin = bytes * scale < THIN[kind];
    const last = groups.at(-1);
    if (thin && last?.thin && last.kind === kind && last.purpose === purpose) {
      last.buffers.push(buffer);
      last.bytes += bytes;
    } else {
      groups.push({ kind, purpose, buffers: [buffer], bytes, thin });
    }
  }
  let below = 0;
  return groups.map(({ kind, buffers, bytes }) => {
    below += bytes;
    return { kind, buffers, bytes, y: height - below * scale, height: bytes * scale };
  });
}

/** Index of the item at a point of the plot; null outside, and where a slot is empty. */
export function hitTest(layout: PlanLayout, x: number, y: number): number | null {
  if (x < 0 || x >= layout.width) return null;
  const band = layout.bands.findIndex((strip) => y >= strip.y && y < strip.y + strip.height);
  if (band < 0) return null;
  // The whole height of the slot counts, so that a small block in a large one can be met too.
  const found = layout.items.findIndex((item) => item.band === band && x >= item.x && x < item.x + item.width);
  return found < 0 ? null : found;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The item that an arrow key leads to: along the time in the same band, or to the next band at the same time. */
export function neighbour({ items, bands }: PlanLayout, index: number, direction: Direction): number {
  const here = items[index];
  if (direction === 'left' || direction === 'right') {
    const next = index + (direction === 'left' ? -1 : 1);
    return items[next]?.band === here.band ? next : index;
  }
  const band = here.band + (direction === 'up' ? 1 : -1);
  if (band < 0 || band >= bands.length) return index;
  const middle = (here.from + here.to) / 2;
  const distance = ({ from, to }: PlanItem) => Math.max(from - middle, middle - to, 0);
  let best = -1;
  items.forEach((item, at) => {
    if (item.band === band && (best < 0 || distance(item) < distance(items[best]))) best = at;
  });
  return best < 0 ? index : best;
}

/** Round numbers of bytes (1, 2 or 5 times a power of ten) from 0 to below `top`, about `count` of them. */
export function axisTicks(top: number, count: number): number[] {
  const rough = top / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1));
  const ticks: number[] = [];
  for (let i = 0; i * step <= top; i++) ticks.push(i * step);
  return ticks;
}
