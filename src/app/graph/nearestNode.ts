/** Finds the node under the pointer: a uniform grid over the unit square, in which every cell lists its nodes. */
export interface NodeGrid {
  readonly positions: Float32Array;
  /** Cells per row and column. */
  readonly side: number;
  /** The nodes of cell c are members[starts[c] .. starts[c + 1]). */
  readonly starts: Uint32Array;
  readonly members: Uint32Array;
}

const PER_CELL = 2;
const MAX_SIDE = 256;

export function nodeGrid(positions: Float32Array): NodeGrid {
  const nodes = positions.length / 2;
  const side = Math.min(MAX_SIDE, Math.max(1, Math.ceil(Math.sqrt(nodes / PER_CELL))));
  const cells = Uint32Array.from({ length: nodes }, (_, v) => {
    return cellAt(positions[2 * v + 1], side) * side + cellAt(positions[2 * v], side);
  });
  const starts = new Uint32Array(side * side + 1);
  for (const cell of cells) starts[cell + 1]++;
  for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
  const next = starts.slice(0, side * side);
  const members = new Uint32Array(nodes);
  cells.forEach((cell, v) => {
    members[next[cell]++] = v;
  });
  return { positions, side, starts, members };
}

/** The node nearest to (x, y), of equally near ones the last, which is drawn on top; null where none is within `radius`. */
export function nearestNode({ positions, side, starts, members }: NodeGrid, x: number, y: number, radius: number) {
  let best: number | null = null;
  let least = radius * radius;
  const lastRow = cellAt(y + radius, side);
  const lastColumn = cellAt(x + radius, side);
  for (let row = cellAt(y - radius, side); row <= lastRow; row++) {
    for (let column = cellAt(x - radius, side); column <= lastColumn; column++) {
      const cell = row * side + column;
      for (let i = starts[cell]; i < starts[cell + 1]; i++) {
        const v = members[i];
        const distance = (positions[2 * v] - x) ** 2 + (positions[2 * v + 1] - y) ** 2;
        if (distance > least || (distance === least && best !== null && v < best)) continue;
        least = distance;
        best = v;
      }
    }
  }
  return best;
}

function cellAt(coordinate: number, side: number): number {
  return Math.min(side - 1, Math.max(0, Math.floor(coordinate * side)));
}
