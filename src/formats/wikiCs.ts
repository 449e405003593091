/**
 * The JSON of Wiki-CS (https://github.com/pmernyei/wiki-cs-dataset, dataset/data.json):
 *
 *   { "features": [[…], …], "labels": [class, …], "links": [[neighbour, …], …],
 *     "train_masks", "val_masks", "stopping_masks": [[bool, …] per split], "test_mask": [bool, …] }
 *
 * One list per node in each; links lead from the node whose list it is. There are 20 splits with one test set for all. The paper
 * ends a run by `stopping_masks` and tunes by `val_masks`; here the validation nodes are those of `val_masks`.
 */
import { InputError } from '../config/errors.ts';
import { type GraphData, SPLIT } from './graphData.ts';
import { growingIds } from './growing.ts';
import { MOST_CLASSES, numberedClasses } from './labels.ts';
import { matrixOf } from './matrixBuilder.ts';
import type { Fields } from './nodeAttributes.ts';

/** Whether an object is laid out like that, and not as node-link. */
export function isWikiCs(root: Fields): boolean {
  return !('nodes' in root) && ['features', 'labels', 'links'].every((key) => Array.isArray(root[key]));
}

/** @throws InputError naming `where`, the file, if its lists do not fit together */
export function readWikiCs(root: Fields, where: string): Omit<GraphData, 'name'> {
  const links = listOf(root.links, `${where}, links`);
  const nodes = links.length;
  if (nodes === 0) throw new InputError(`${where}, links: is empty; check that this is the right file.`);
  const of = (value: unknown, key: string) => listOf(value, `${where}, ${key}`, nodes);
  const labels = Int32Array.from(of(root.labels, 'labels'), (label, node) => {
    if (Number.isInteger(label) && Number(label) >= -1 && Number(label) < MOST_CLASSES) return Number(label);
    throw new InputError(
      `${where}, labels[${node}]: is no class; number classes from 0 to ${MOST_CLASSES - 1} (-1 for none).`,
    );
  });
  const classes = labels.reduce((most, label) => Math.max(most, label), -1) + 1;
  const notes = root.stopping_masks === undefined ? [] : [`Not read: stopping_masks of ${where}; val_masks validate.`];
  return {
    nodes,
    ...readLinks(links, where),
    weight: null,
    features: readFeatures(of(root.features, 'features'), where),
    labels,
    classNames: numberedClasses(classes),
    splits: readMasks(root, nodes, where),
    nodeIds: null,
    positions: null,
    notes,
  };
}

/** @param length how many entries it must have; any number where it is left out */
function listOf(value: unknown, where: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new InputError(`${where}: is no list; give one entry per node.`);
  if (length !== undefined && value.length !== length) {
    throw new InputError(`${where}: has ${value.length} entries; give one per node, of ${length} nodes.`);
  }
  return value;
}

function readLinks(links: readonly unknown[], where: string): Pick<GraphData, 'source' | 'target'> {
  const source = growingIds();
  const target = growingIds();
  for (const [node, list] of links.entries()) {
    for (const end of listOf(list, `${where}, links[${node}]`)) {
      if (!(Number.isInteger(end) && Number(end) >= 0 && Number(end) < links.length)) {
        throw new InputError(`${where}, links[${node}]: leads to no node; number nodes from 0 to ${links.length - 1}.`);
      }
      source.push(node);
      target.push(Number(end));
    }
  }
  return { source: source.finish(), target: target.finish() };
}

function readFeatures(rows: readonly unknown[], where: string): GraphData['features'] {
  const cols = listOf(rows[0], `${where}, features[0]`).length;
  if (cols === 0) throw new InputError(`${where}, features[0]: is empty; give each node the same number of features.`);
  const values = new Float32Array(rows.length * cols);
  for (const [node, row] of rows.entries()) {
    const own = listOf(row, `${where}, features[${node}]`);
    if (own.length !== cols) {
      throw new InputError(`${where}, features[${node}]: has ${own.length} features, but the first node ${cols}.`);
    }
    for (let col = 0; col < cols; col++) {
      if (!Number.isFinite(own[col])) {
        throw new InputError(`${where}, features[${node}]: feature ${col} is no number; give one for each.`);
      }
      values[node * cols + col] = own[col] as number;
    }
  }
  return matrixOf(rows.length, cols, values);
}

/** None where the file has no masks. */
function readMasks(root: Fields, nodes: number, where: string): Uint8Array[] {
  if (root.train_masks === undefined) return [];
  const masks = (key: string) => listOf(root[key], `${where}, ${key}`);
  const training = masks('train_masks');
  const validation = masks('val_masks');
  if (training.length !== validation.length) {
    const counts = `${training.length} train_masks, but ${validation.length} val_masks`;
    throw new InputError(`${where}: has ${counts}; give one of each per split.`);
  }
  return training.map((train, split) => {
    const codes = new Uint8Array(nodes);
    const parts: [string, unknown, number][] = [
      [`train_masks[${split}]`, train, SPLIT.train],
      [`val_masks[${split}]`, validation[split], SPLIT.validation],
      ['test_mask', root.test_mask, SPLIT.test],
    ];
    for (const [key, mask, code] of parts) {
      for (const [node, marked] of listOf(mask, `${where}, ${key}`, nodes).entries()) {
        if (marked === false || marked === 0) continue;
        if ((marked !== true && marked !== 1) || codes[node] !== SPLIT.none) {
          throw new InputError(`${where}, ${key}: node ${node} is neither true nor false, or in two parts of a split.`);
        }
        codes[node] = code;
      }
    }
    return codes;
  });
}
