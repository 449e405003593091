/**
 * Puts drawings of components side by side: the largest in the middle, every other one at the free place nearest to it.
 * After the polyomino packing of Freivalds, Dogrusoz, Kikusts: "Disconnected Graph Layout and the Polyomino Packing
 * Approach", Graph Drawing 2001; only the largest keeps its outline, the others, most of them a few nodes, are boxes.
 */

/** Side of a grid cell where that is fine enough: about the distance of linked nodes in layout.ts. */
const CELL = 1;
/** The most cells that all boxes together, and that the longest side of one, may take. */
const MAX_AREA = 100_000;
const MAX_LENGTH = 256;

interface Box {
  readonly left: number;
  readonly low: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Moves the nodes of each component in place. `members` lists the components, the largest first; source and target are
 * the edges, of which those of the largest count as ground that is taken.
 */
export function pack(
  members: readonly Uint32Array[],
  x: Float64Array,
  y: Float64Array,
  source: Uint32Array,
  target: Uint32Array,
): void {
  if (members.length < 2) return;
  const boxes = members.map((nodes) => boxOf(nodes, x, y));
  const cell = cellSize(boxes);
  const columns = boxes.map(({ width }) => cells(width, cell));
  const rows = boxes.map(({ height }) => cells(height, cell));
  const area = columns.reduce((sum, w, i) => sum + w * rows[i], 0);
  let side = 2 * Math.ceil(Math.sqrt(area)) + 2 * (Math.max(columns.reduce(larger), rows.reduce(larger)) + 2);
  for (;;) {
    shift(members[0], x, y, boxOf(members[0], x, y), (side * cell) / 2, (side * cell) / 2);
    const corners = places(columns, rows, outline(members[0], x, y, source, target, cell, side), side);
    if (corners) {
      for (let i = 1; i < members.length; i++) {
        const [left, low] = corners[i];
        shift(members[i], x, y, boxes[i], (left + columns[i] / 2) * cell, (low + rows[i] / 2) * cell);
      }
      return;
    }
    side *= 2;
  }
}

/** Left and low cell of each box but the first, whose ground is `taken` already; null where one finds no room. */
function places(
  columns: readonly number[],
  rows: readonly number[],
  taken: Uint8Array,
  side: number,
): (readonly [number, number])[] | null {
  const order = fromTheMiddle(side);
  // What has no room for a box of a size never has it again: the search for that size goes on where it ended.
  const cursors = new Map<number, number>();
  const corners: (readonly [number, number])[] = [[0, 0]];
  for (let i = 1; i < columns.length; i++) {
    const [w, h] = [columns[i], rows[i]];
    let at = cursors.get(w * side + h) ?? 0;
    while (at < order.length && !isFree(taken, side, order[at], w, h)) at++;
    if (at === order.length) return null;
    cursors.set(w * side + h, at);
    const [left, low] = corner(order[at], side, w, h);
    for (let r = low; r < low + h; r++) taken.fill(1, r * side + left, r * side + left + w);
    corners.push([left, low]);
  }
  return corners;
}

const larger = (a: number, b: number) => Math.max(a, b);

function boxOf(nodes: Uint32Array, x: Float64Array, y: Float64Array): Box {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const v of nodes) {
    left = Math.min(left, x[v]);
    right = Math.max(right, x[v]);
    low = Math.min(low, y[v]);
    high = Math.max(high, y[v]);
  }
  return { left, low, width: right - left, height: high - low };
}

/** One cell more than it takes: half of it on each side keeps neighbours apart. */
function cells(length: number, cell: number): number {
  return Math.ceil(length / cell) + 1;
}

function cellSize(boxes: readonly Box[]): number {
  const length = boxes.reduce((most, { width, height }) => Math.max(most, width, height), 0);
  let cell = CELL;
  for (; cell < length; cell *= 2) {
    const area = boxes.reduce((sum, { width, height }) => sum + cells(width, cell) * cells(height, cell), 0);
    if (area <= MAX_AREA && cells(length, cell) <= MAX_LENGTH) break;
  }
  return cell;
}

/** Moves the middle of a box to (middleX, middleY). */
function shift(nodes: Uint32Array, x: Float64Array, y: Float64Array, box: Box, middleX: number, middleY: number): void {
  const dx = middleX - (box.left + box.width / 2);
  const dy = middleY - (box.low + box.height / 2);
  for (const v of nodes) {
    x[v] += dx;
    y[v] += dy;
  }
}

/** Cells of nodes and edges with those around them, and the holes: whatever lies between in its row and column. */
function outline(
  nodes: Uint32Array,
  x: Float64Array,
  y: Float64Array,
  source: Uint32Array,
  target: Uint32Array,
  cell: number,
  side: number,
): Uint8Array {
  const taken = new Uint8Array(side * side);
  const mark = (px: number, py: number) => {
    const column = Math.floor(px / cell);
    const row = Math.floor(py / cell);
    for (let r = row - 1; r <= row + 1; r++) taken.fill(1, r * side + column - 1, r * side + column + 2);
  };
  const inside = new Uint8Array(x.length);
  for (const v of nodes) {
    inside[v] = 1;
    mark(x[v], y[v]);
  }
  for (let e = 0; e < source.length; e++) {
    const [v, u] = [source[e], target[e]];
    if (!inside[v]) continue;
    const points = Math.ceil(Math.max(Math.abs(x[u] - x[v]), Math.abs(y[u] - y[v])) / cell);
    for (let k = 1; k < points; k++) mark(x[v] + ((x[u] - x[v]) * k) / points, y[v] + ((y[u] - y[v]) * k) / points);
  }
  const rowSpan = spans(taken, side, (line, i) => line * side + i);
  const columnSpan = spans(taken, side, (line, i) => i * side + line);
  for (let row = 0; row < side; row++) {
    for (let column = rowSpan[row][0]; column <= rowSpan[row][1]; column++) {
      if (row >= columnSpan[column][0] && row <= columnSpan[column][1]) taken[row * side + column] = 1;
    }
  }
  return taken;
}

/** First and last cell taken of each line. */
function spans(taken: Uint8Array, side: number, at: (line: number, i: number) => number): [number, number][] {
  return Array.from({ length: side }, (_, line) => {
    let [first, last] = [side, -1];
    for (let i = 0; i < side; i++) {
      if (!taken[at(line, i)]) continue;
      first = Math.min(first, i);
      last = i;
    }
    return [first, last];
  });
}

/** Cells by their distance from the middle, then by number. */
function fromTheMiddle(side: number): Uint32Array {
  const count = side * side;
  const keys = new Float64Array(count);
  for (let c = 0; c < count; c++) {
    const dx = 2 * (c % side) + 1 - side;
    const dy = 2 * Math.floor(c / side) + 1 - side;
    keys[c] = (dx * dx + dy * dy) * count + c;
  }
  return Uint32Array.from(keys.sort(), (key) => key % count);
}

function corner(cell: number, side: number, w: number, h: number): [number, number] {
  return [(cell % side) - (w >> 1), Math.floor(cell / side) - (h >> 1)];
}

function isFree(taken: Uint8Array, side: number, cell: number, w: number, h: number): boolean {
  const [left, low] = corner(cell, side, w, h);
  if (left < 0 || low < 0 || left + w > side || low + h > side) return false;
  for (let r = low; r < low + h; r++) {
    for (let c = left; c < left + w; c++) if (taken[r * side + c]) return false;
  }
  return true;
}
