import type { Dispatch, Step } from '../../tensor/op.ts';
import { type Placement, type Plan, pieceKey } from '../../tensor/plan.ts';
import { evaluate } from '../../tensor/value.ts';
import type { HalfConversions } from '../half.ts';
import { rowWords } from '../layout.ts';

/**
 * Operands in half precision on the CPU: its kernels know floats only, so what a dispatch needs is unpacked into scratch before it,
 * and what it writes is packed after it.
 */
export interface HalfOperands {
  /** Of a piece, where it lies unpacked; null where it is not in half precision. */
  floats(key: string): Float32Array | null;
  unpack(step: Step): void;
  pack(step: Step): void;
}

/** Bytes of the scratch that the dispatch with most operands in half precision needs. */
export function halfScratchBytes(plan: Plan): number {
  const half = new Map(plan.placements.filter((p) => p.half).map((p) => [pieceKey(p.piece), p]));
  const needs = Object.values(plan.routines)
    .flat()
    .map((dispatch) => sum(halfKeys(dispatch, half).map((key) => 4 * numbersOf(half.get(key)!, plan))));
  return Math.max(0, ...needs);
}

export function halfOperands(
  plan: Plan,
  dispatch: Dispatch,
  placementOf: ReadonlyMap<string, Placement>,
  packed: (placement: Placement) => Uint16Array,
  scratch: { readonly memory: ArrayBuffer; readonly offset: number },
  convert: HalfConversions,
): HalfOperands {
  const half = new Map([...placementOf].filter(([, placement]) => placement.half));
  const written = new Set(Object.values(dispatch.writes).map(pieceKey));
  let { offset } = scratch;
  const list = halfKeys(dispatch, half).map((key) => {
    const placement = half.get(key)!;
    const floats = new Float32Array(scratch.memory, offset, numbersOf(placement, plan));
    offset += floats.byteLength;
    return { key, placement, floats, packed: packed(placement), written: written.has(key) };
  });
  const found = new Map(list.map(({ key, floats }) => [key, floats]));
  const count = ({ piece, ...rest }: Placement, step: Step) =>
    evaluate(piece.value.rows, step.sizes) * rowWords({ piece, ...rest });
  return {
    floats: (key) => found.get(key) ?? null,
    // What is written may be written in part.
    unpack(step) {
      for (const { placement, packed, floats } of list) convert.unpack(packed, floats, count(placement, step));
    },
    pack(step) {
      for (const { placement, packed, floats, written } of list) {
        if (written) convert.pack(floats, packed, count(placement, step));
      }
    },
  };
}

/** Pieces in half precision that a dispatch binds, each once. */
function halfKeys({ reads, writes }: Dispatch, half: ReadonlyMap<string, Placement>): string[] {
  const keys = [...Object.values(reads), ...Object.values(writes)].map(pieceKey);
  return [...new Set(keys)].filter((key) => half.has(key));
}

function numbersOf(placement: Placement, { capacity }: Plan): number {
  return evaluate(placement.piece.value.rows, capacity) * rowWords(placement);
}

function sum(list: readonly number[]): number {
  return list.reduce((total, n) => total + n, 0);
}
