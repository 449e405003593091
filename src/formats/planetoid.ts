/**
 * The Planetoid release of Cora, CiteSeer, PubMed and what follows its layout: eight files `ind.NAME.PART`.
 *
 *   x, y         features and one-hot labels of the training nodes, the first rows of allx, ally
 *   allx, ally   of all nodes but the test nodes, node 0 on
 *   tx, ty       of the test nodes; row i belongs to the node on line i of test.index
 *   graph        a dictionary: node -> list of its neighbours
 *   test.index   text, one node number per line, in no order
 *
 * Two traps (https://github.com/kimiyoung/planetoid, https://github.com/tkipf/gcn/blob/master/gcn/utils.py): test.index
 * is not sorted, and CiteSeer's isolated test nodes are in `graph` only, so that their features are zero rows and their
 * labels missing. The public split trains on the rows of y, validates on the next 500 and tests on test.index.
 */
import { InputError } from '../config/errors.ts';
import { foreignKind, PICKLE_KIND } from './fileKind.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT } from './graphData.ts';
import type { GrowingIds } from './growing.ts';
import { growingIds } from './growing.ts';
import { matrixBuilder } from './matrixBuilder.ts';
import type { MatrixRows } from './matrixRows.ts';
import { readPickle } from './pickle.ts';
import { NUMPY_REGISTRY, numpyMatrix } from './pickleNumpy.ts';

export const PLANETOID_PARTS = ['x', 'tx', 'allx', 'y', 'ty', 'ally', 'graph', 'test.index'] as const;
type Part = (typeof PLANETOID_PARTS)[number];

const VALIDATION_NODES = 500;
const MOST_CLASSES = 1 << 16;

/** NAME and PART of a file named `ind.NAME.PART`, null where it is named otherwise. */
export function planetoidPart(fileName: string): { name: string; part: Part } | null {
  const match = /^ind\.(.+)\.(x|tx|allx|y|ty|ally|graph|test\.index)$/.exec(fileName);
  return match ? { name: match[1], part: match[2] as Part } : null;
}

/**
 * Reads the Planetoid set `name` from its eight files by base name. Edges as `graph` lists them, both directions.
 * @throws InputError where a file is missing, is damaged, or does not fit the others
 */
export function readPlanetoid(files: ReadonlyMap<string, Uint8Array>, name: string): GraphData {
  const where = (part: Part) => `ind.${name}.${part}`;
  const bytes = (part: Part) => files.get(where(part)) as Uint8Array;
  const missing = PLANETOID_PARTS.filter((part) => !files.has(where(part))).map(where);
  if (missing.length > 0) {
    throw new InputError(
      `The Planetoid set '${name}' lacks ${missing.join(', ')}; give all ${PLANETOID_PARTS.length} of its files.`,
    );
  }
  const pickle = (part: Part) => {
    const kind = foreignKind(bytes(part));
    if (kind && kind !== PICKLE_KIND) {
      throw new InputError(`${where(part)}: is ${kind}, not ${PICKLE_KIND}; take all files from one release.`);
    }
    return readPickle(bytes(part), where(part), NUMPY_REGISTRY).value;
  };
  const matrix = (part: Part) => numpyMatrix(pickle(part), where(part));

  const [x, allx, tx] = [matrix('x'), matrix('allx'), matrix('tx')];
  for (const [part, other] of [['x', x] as const, ['tx', tx] as const]) {
    if (other.cols === allx.cols) continue;
    throw new InputError(
      `${where(part)}: has ${other.cols} features per node, but ${where('allx')} has ${allx.cols}; take one release.`,
    );
  }
  const labelsOf = (part: 'y' | 'ally' | 'ty', rowsOf: Part, rows: number) =>
    oneHot(matrix(part), where(part), where(rowsOf), rows);
  const y = labelsOf('y', 'x', x.rows);
  const ally = labelsOf('ally', 'allx', allx.rows);
  const ty = labelsOf('ty', 'tx', tx.rows);
  if (y.classes !== ally.classes || ty.classes !== ally.classes) {
    throw new InputError(
      `${where('ally')}: has ${ally.classes} classes, but y has ${y.classes} and ty ${ty.classes}; take one release.`,
    );
  }
  const differs = y.labels.findIndex((label, node) => label !== ally.labels[node]);
  if (differs >= 0) {
    throw new InputError(
      `${where('y')}: the label of row ${differs} is not that of the same row in ${where('ally')}; take one release.`,
    );
  }

  const { nodes, source, target } = readGraph(pickle('graph'), where('graph'), bytes('graph').length);
  if (nodes < allx.rows + tx.rows) {
    throw new InputError(
      `${where('graph')}: holds ${nodes} nodes, but allx and tx together have ${allx.rows + tx.rows}; take one release.`,
    );
  }
  const testNodes = readTestIndex(bytes('test.index'), where('test.index'), allx.rows, nodes, tx.rows);

  const labels = new Int32Array(nodes).fill(-1);
  labels.set(ally.labels);
  const testRow = new Int32Array(nodes).fill(-1);
  testNodes.forEach((node, row) => {
    labels[node] = ty.labels[row];
    testRow[node] = row;
  });
  const split = new Uint8Array(nodes);
  split.fill(SPLIT.validation, x.rows, Math.min(x.rows + VALIDATION_NODES, allx.rows));
  split.fill(SPLIT.train, 0, x.rows);
  for (const node of testNodes) split[node] = SPLIT.test;

  const gaps = nodes - allx.rows - tx.rows;
  const gapNote = `${gaps} nodes of ${where('graph')} have neither features nor a label in the other files: zero rows.`;
  return {
    name,
    nodes,
    source,
    target,
    weight: null,
    features: stack(allx, tx, testRow, nodes, where('allx')),
    labels,
    classNames: Array.from({ length: ally.classes }, (_, i) => `class ${i}`),
    splits: [split],
    nodeIds: null,
    positions: null,
    notes: gaps > 0 ? [gapNote] : [],
  };
}

/** The class of each row, -1 where the row is all zero. */
function oneHot(matrix: MatrixRows, where: string, featuresWhere: string, rows: number) {
  if (matrix.rows !== rows) {
    throw new InputError(
      `${where}: has ${matrix.rows} labels for the ${rows} nodes of ${featuresWhere}; take both from one release.`,
    );
  }
  if (matrix.cols > MOST_CLASSES) {
    throw new InputError(
      `${where}: has ${matrix.cols} classes, more than ${MOST_CLASSES}; check that this is the right file.`,
    );
  }
  const labels = new Int32Array(rows).fill(-1);
  for (let r = 0; r < rows; r++) {
    matrix.visit(r, (col, value) => {
      if (value === 0) return;
      if (value !== 1 || labels[r] !== -1) {
        throw new InputError(`${where}: row ${r} is not one-hot (a single 1, else 0); give each node one class.`);
      }
      labels[r] = col;
    });
  }
  return { labels, classes: matrix.cols };
}

/** Nodes are the dictionary's keys, which must be 0 to one less than their number; `size` is the file's in bytes. */
function readGraph(value: unknown, where: string, size: number) {
  if (!(value instanceof Map) || value.size === 0) {
    throw new InputError(`${where}: holds no dictionary of neighbour lists; check that this is the right file.`);
  }
  const nodes = value.size;
  const checked = (id: unknown, role: string): number => {
    if (Number.isInteger(id) && Number(id) >= 0 && Number(id) < nodes) return Number(id);
    const shown = typeof id === 'number' || typeof id === 'bigint' ? id : 'something else than a number';
    throw new InputError(
      `${where}: ${role} is ${shown}, but its ${nodes} nodes are numbered 0 to ${nodes - 1}; the file is damaged, get it again.`,
    );
  };
  const source: GrowingIds = growingIds();
  const target: GrowingIds = growingIds();
  for (const [key, neighbours] of value) {
    const node = checked(key, 'a node');
    if (!Array.isArray(neighbours)) {
      throw new InputError(`${where}: node ${node} has no list of neighbours; check that this is the right file.`);
    }
    // A pickle can use one list a million times; an honest one spends at least two bytes on every neighbour.
    if (source.length + neighbours.length > size) {
      throw new InputError(`${where}: lists more neighbours than its bytes can hold; get it again.`);
    }
    for (const neighbour of neighbours) {
      source.push(node);
      target.push(checked(neighbour, `a neighbour of node ${node}`));
    }
  }
  return { nodes, source: source.finish(), target: target.finish() };
}

/** The test nodes in the file's order: `count` distinct ids from `first` to `nodes` - 1. */
function readTestIndex(bytes: Uint8Array, where: string, first: number, nodes: number, count: number): Uint32Array {
  const ids = growingIds();
  const seen = new Uint8Array(nodes);
  const lines = new TextDecoder('latin1').decode(bytes).split('\n');
  lines.forEach((text, i) => {
    const entry = text.trim();
    if (entry === '') return;
    const id = /^\d+$/.test(entry) ? Number(entry) : Number.NaN;
    if (!(id >= first && id < nodes) || seen[id]) {
      throw new InputError(
        `${where}: line ${i + 1} holds ${JSON.stringify(entry.slice(0, 40))}, but test nodes are distinct numbers from ` +
          `${first} to ${nodes - 1}; take all files from one release.`,
      );
    }
    seen[id] = 1;
    ids.push(id);
  });
  if (ids.length !== count) {
    throw new InputError(`${where}: lists ${ids.length} nodes, but tx has ${count} rows; take both from one release.`);
  }
  return ids.finish();
}

/** Features of all nodes: the rows of allx, then per node its row of tx or, without one, zeros. */
function stack(allx: MatrixRows, tx: MatrixRows, testRow: Int32Array, nodes: number, where: string) {
  const builder = matrixBuilder(allx.cols);
  for (let node = 0; node < nodes; node++) {
    if (node < allx.rows) allx.visit(node, builder.add);
    else if (testRow[node] >= 0) tx.visit(testRow[node], builder.add);
    builder.endRow();
  }
  const features = builder.finish();
  // Each entry is finite; entries of one row and column add up, and two large ones may still overflow.
  if (features.values?.every(Number.isFinite) === false) {
    throw new InputError(`${where}: repeated entries add up to more than a 32-bit float holds; scale the features.`);
  }
  return features;
}
