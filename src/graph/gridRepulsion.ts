/**
 * The repulsion of layout.ts, approximated: near nodes one by one, far ones as the mass of a cell. A pyramid of square
 * grids, each twice as fine as the one above; a cell hears those cells of its own size that are not next to it but whose
 * parents are next to its parent (the interaction lists of Greengard and Rokhlin: "A Fast Algorithm for Particle
 * Simulations", Journal of Computational Physics 73, 1987), so a step costs O(n) instead of O(n²).
 *
 * Deterministic as the exact sum is: a fixed order, and only +, -, * and /.
 */
import { CONTACT } from './layout.ts';

/** Nodes per cell of the finest grid, on average. */
const PER_CELL = 4;
const MAX_LEVEL = 8;
/** In a cell with more nodes than this every second (third, …) one speaks for its neighbours too: it bounds the worst case. */
const MOST_HEARD = 48;

/** Adds to fx and fy what all nodes do to each other. */
export function gridRepulsion(x: Float64Array, y: Float64Array, fx: Float64Array, fy: Float64Array): void {
  const nodes = x.length;
  let level = 1;
  while (level < MAX_LEVEL && 4 ** level * PER_CELL < nodes) level++;
  const side = 2 ** level;
  const [left, low, size] = square(x, y);
  const scale = side / size;
  const cellOf = new Uint32Array(nodes);
  const starts = new Uint32Array(side * side + 1);
  for (let v = 0; v < nodes; v++) {
    const column = Math.min(side - 1, Math.floor((x[v] - left) * scale));
    const row = Math.min(side - 1, Math.floor((y[v] - low) * scale));
    cellOf[v] = row * side + column;
    starts[cellOf[v] + 1]++;
  }
  for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
  const cursor = starts.slice(0, side * side);
  // Coordinates in the order of cells: the inner loop runs through memory.
  const member = new Uint32Array(nodes);
  for (let v = 0; v < nodes; v++) member[cursor[cellOf[v]]++] = v;
  const sx = Float64Array.from(member, (v) => x[v]);
  const sy = Float64Array.from(member, (v) => y[v]);

  const pyramid = massPyramid(level, starts, sx, sy);
  const heard = new Float64Array(3 * (27 * level + 9 * (MOST_HEARD + 1)));
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const begin = starts[row * side + column];
      const end = starts[row * side + column + 1];
      if (begin === end) continue;
      let count = hearFar(pyramid, level, row, column, heard);
      count = hearNear(starts, side, row, column, sx, sy, heard, count);
      for (let i = begin; i < end; i++) {
        let forceX = 0;
        let forceY = 0;
        for (let k = 0; k < count; k += 3) {
          const dx = sx[i] - heard[k];
          const dy = sy[i] - heard[k + 1];
          const t = 1 / (1 + dx * dx + dy * dy);
          const force = heard[k + 2] * t * t * (1 + CONTACT * t * t);
          forceX += force * dx;
          forceY += force * dy;
        }
        fx[member[i]] += forceX;
        fy[member[i]] += forceY;
      }
    }
  }
}

/** Left, low and side of the square around all nodes. */
function square(x: Float64Array, y: Float64Array): [number, number, number] {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let v = 0; v < x.length; v++) {
    left = Math.min(left, x[v]);
    right = Math.max(right, x[v]);
    low = Math.min(low, y[v]);
    high = Math.max(high, y[v]);
  }
  return [left, low, Math.max(right - left, high - low) || 1];
}

/** Per level and cell: sum of x, sum of y, number of nodes. */
function massPyramid(level: number, starts: Uint32Array, sx: Float64Array, sy: Float64Array): Float64Array[] {
  const pyramid = Array.from({ length: level + 1 }, (_, l) => new Float64Array(3 * 4 ** l));
  const finest = pyramid[level];
  for (let c = 0; c + 1 < starts.length; c++) {
    for (let i = starts[c]; i < starts[c + 1]; i++) {
      finest[3 * c] += sx[i];
      finest[3 * c + 1] += sy[i];
      finest[3 * c + 2]++;
    }
  }
  for (let l = level - 1; l >= 2; l--) {
    const side = 2 ** l;
    for (let c = 0; c < 4 ** (l + 1); c++) {
      const row = Math.floor(c / (2 * side));
      const parent = (row >> 1) * side + ((c % (2 * side)) >> 1);
      for (let k = 0; k < 3; k++) pyramid[l][3 * parent + k] += pyramid[l + 1][3 * c + k];
    }
  }
  return pyramid;
}

/** Writes x, y and mass of the far cells of each level; returns how many numbers. */
function hearFar(pyramid: Float64Array[], level: number, row: number, column: number, heard: Float64Array): number {
  let count = 0;
  for (let l = 2; l <= level; l++) {
    const side = 2 ** l;
    const ownRow = row >> (level - l);
    const ownColumn = column >> (level - l);
    const [parentRow, parentColumn] = [ownRow >> 1, ownColumn >> 1];
    const lastRow = Math.min(side - 1, 2 * parentRow + 3);
    const lastColumn = Math.min(side - 1, 2 * parentColumn + 3);
    for (let r = Math.max(0, 2 * parentRow - 2); r <= lastRow; r++) {
      for (let c = Math.max(0, 2 * parentColumn - 2); c <= lastColumn; c++) {
        if (Math.abs(r - ownRow) <= 1 && Math.abs(c - ownColumn) <= 1) continue;
        const at = 3 * (r * side + c);
        const mass = pyramid[l][at + 2];
        if (mass === 0) continue;
        heard[count++] = pyramid[l][at] / mass;
        heard[count++] = pyramid[l][at + 1] / mass;
        heard[count++] = mass;
      }
    }
  }
  return count;
}

/** Appends the nodes of the cell and of those around it. A node hears itself at distance 0, which is no force. */
function hearNear(
  starts: Uint32Array,
  side: number,
  row: number,
  column: number,
  sx: Float64Array,
  sy: Float64Array,
  heard: Float64Array,
  begin: number,
): number {
  let count = begin;
  for (let r = Math.max(0, row - 1); r <= Math.min(side - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(side - 1, column + 1); c++) {
      const first = starts[r * side + c];
      const members = starts[r * side + c + 1] - first;
      const stride = Math.max(1, Math.ceil(members / MOST_HEARD));
      for (let i = 0; i < members; i += stride) {
        heard[count++] = sx[first + i];
        heard[count++] = sy[first + i];
        heard[count++] = Math.min(stride, members - i);
      }
    }
  }
  return count;
}
