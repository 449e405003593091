import type { Placement, Plan } from '../tensor/plan.ts';
import { padded, type Value } from '../tensor/value.ts';
import type { HostArray } from './executor.ts';

/** Between the host's rows × cols without padding and the panels of a device. */

export function placementsOf(plan: Plan, value: Value): readonly Placement[] {
  return plan.placements.filter(({ piece }) => piece.value === value).sort((a, b) => a.piece.panel - b.piece.panel);
}

/** Numbers that one row of a panel holds, with its padding. */
export function rowWords({ piece, panel }: Placement): number {
  return piece.value.layout === 'padded' ? padded(panel.cols) : panel.cols;
}

/** Bytes of a number on the device. */
export function numberBytes({ half }: Placement): number {
  return half ? 2 : 4;
}

/** True where the host's bytes are the device's bytes. */
export function sameLayout({ piece: { value }, panel, half }: Placement): boolean {
  if (half) return false;
  return value.layout === 'packed' || (panel.cols === value.cols && value.cols % 4 === 0);
}

/** Rows [first, first + count) of one panel, padded with zeros. */
export function padRows(data: HostArray, placement: Placement, first: number, count: number): HostArray {
  const out = new (data.constructor as new (length: number) => HostArray)(count * rowWords(placement));
  padInto(out, data, placement, first, count);
  return out;
}

/** The same at the beginning of `out`, whatever it held. */
export function padInto(out: HostArray, data: HostArray, placement: Placement, first: number, count: number): void {
  const { piece, panel } = placement;
  const width = rowWords(placement);
  for (let row = 0; row < count; row++) {
    const from = (first + row) * piece.value.cols + panel.first;
    const to = row * width;
    for (let c = 0; c < panel.cols; c++) out[to + c] = data[from + c];
    for (let c = panel.cols; c < width; c++) out[to + c] = 0;
  }
}

/** The inverse: puts `rows` padded rows of a panel, starting at row `first`, into the host's matrix. */
export function unpadRows(
  data: { readonly length: number; readonly [i: number]: number },
  placement: Placement,
  first: number,
  rows: number,
  out: HostArray,
): void {
  const { piece, panel } = placement;
  const width = rowWords(placement);
  for (let row = 0; row < rows; row++) {
    const to = (first + row) * piece.value.cols + panel.first;
    for (let c = 0; c < panel.cols; c++) out[to + c] = data[row * width + c];
  }
}
