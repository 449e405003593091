import type { CsrMatrix } from '../formats/matrix.ts';

/** The nodes of each connected component, ascending; the largest first, of equal ones the one with the smallest node. */
export function components(symmetric: CsrMatrix): Uint32Array[] {
  const { rows, indptr, indices } = symmetric;
  const seen = new Uint8Array(rows);
  const queue = new Uint32Array(rows);
  const found: Uint32Array[] = [];
  let end = 0;
  for (let start = 0; start < rows; start++) {
    if (seen[start]) continue;
    const begin = end;
    seen[start] = 1;
    queue[end++] = start;
    for (let at = begin; at < end; at++) {
      for (let e = indptr[queue[at]]; e < indptr[queue[at] + 1]; e++) {
        if (seen[indices[e]]) continue;
        seen[indices[e]] = 1;
        queue[end++] = indices[e];
      }
    }
    found.push(queue.slice(begin, end).sort());
  }
  // Array.prototype.sort is stable, so equal sizes keep the order of their smallest nodes.
  return found.sort((a, b) => b.length - a.length);
}
