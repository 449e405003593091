import { pieceName } from './op.ts';
import type { Plan } from './plan.ts';
import type { Purpose } from './value.ts';

/**
 * The memory plan as a picture: buffers stacked from the bottom (their heights are bytes and add up to the plan's bytes),
 * dispatches from left to right, and in each buffer the values that live there, one after the other. Plain data, so that it
 * can cross to a page, which draws it without knowing the engine.
 */
export interface PlanPicture {
  /** Of all buffers: the exact peak. */
  readonly bytes: number;
  /** Dispatches of all routines, one after the other: the length of the time axis. */
  readonly length: number;
  readonly routines: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly buffers: readonly PictureBuffer[];
  readonly blocks: readonly PictureBlock[];
}

export interface PictureBuffer {
  /** Bytes of all buffers below it. */
  readonly offset: number;
  readonly bytes: number;
  readonly purpose: Purpose;
  readonly label: string;
}

/** A value (or one column panel of it) in its buffer, from its first to its last dispatch, both included. */
export interface PictureBlock {
  readonly name: string;
  readonly purpose: Purpose;
  /** Index into `buffers`. */
  readonly buffer: number;
  /** At most those of the buffer. */
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** What stays comes first, slots above it, service buffers on top; within each the largest lowest. */
export function planPicture(plan: Plan): PlanPicture {
  const slots = new Set(plan.placements.filter(({ resident }) => !resident).map(({ buffer }) => buffer));
  const occupied = new Set(plan.placements.map(({ buffer }) => buffer));
  const level = (index: number) => (slots.has(index) ? 1 : occupied.has(index) ? 0 : 2);
  const order = plan.buffers
    .map((_, index) => index)
    .sort((a, b) => level(a) - level(b) || plan.buffers[b].bytes - plan.buffers[a].bytes || a - b);
  const place = new Map(order.map((index, at) => [index, at]));

  let offset = 0;
  const buffers = order.map((index) => {
    const { bytes, purpose, label } = plan.buffers[index];
    const buffer = { offset, bytes, purpose, label };
    offset += bytes;
    return buffer;
  });

  let length = 0;
  const routines = Object.entries(plan.routines).map(([name, dispatches]) => {
    const from = length;
    length += dispatches.length;
    return { name, from, to: length - 1 };
  });

  const blocks = plan.placements.map(({ piece, bytes, buffer, from, to }) => ({
    name: pieceName(piece),
    purpose: piece.value.purpose,
    buffer: place.get(buffer)!,
    bytes,
    from,
    to,
  }));
  return { bytes: plan.bytes, length, routines, buffers, blocks };
}
