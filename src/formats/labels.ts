/** Classes of nodes, one each or several: how parsers collect them. */
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import { growingIds } from './growing.ts';
import type { MatrixRows } from './matrixRows.ts';

export const MOST_CLASSES = 1 << 16;

/** One of the two is null: `labels` where no node has more than one class, `labelSets` where some have. */
export type Labels = Pick<GraphData, 'labels' | 'labelSets'>;

/** Whether there are any, though it be of no node. */
export const hasLabels = ({ labels, labelSets }: Labels): boolean => Boolean(labels ?? labelSets);

export interface LabelBuilder {
  /** A class of the next node; in any order, and more than once is once. */
  readonly add: (label: number) => void;
  readonly endNode: () => void;
  /** @param classes every label is below it */
  readonly finish: (classes: number) => Labels;
}

export function labelBuilder(): LabelBuilder {
  const indptr = growingIds();
  const indices = growingIds();
  let node: number[] = [];
  let several = false;
  indptr.push(0);
  return {
    add: (label) => node.push(label),
    endNode() {
      const set = new Set(node.length > 1 ? node.sort((a, b) => a - b) : node);
      for (const label of set) indices.push(label);
      several ||= set.size > 1;
      indptr.push(indices.length);
      node = [];
    },
    finish(classes) {
      const parts = { indptr: indptr.finish(), indices: indices.finish() };
      const rows = parts.indptr.length - 1;
      if (several) return { labels: null, labelSets: { kind: 'sparse', rows, cols: classes, ...parts, values: null } };
      return { labels: firstLabels(parts), labelSets: null };
    },
  };
}

/** The first class of each node, -1 where it has none. */
export function firstLabels({ indptr, indices }: { indptr: Uint32Array; indices: Uint32Array }): Int32Array {
  return Int32Array.from({ length: indptr.length - 1 }, (_, node) =>
    indptr[node] < indptr[node + 1] ? indices[indptr[node]] : -1,
  );
}

/**
 * The classes of a matrix with a row per node and a column per class, 1 where the node is of the class.
 * @throws InputError naming `where` if there are too many columns, or an entry is neither 0 nor 1
 */
export function indicatedLabels({ rows, cols, visit }: MatrixRows, where: string): Labels {
  if (cols > MOST_CLASSES) {
    throw new InputError(`${where}: has ${cols} classes, more than ${MOST_CLASSES}; check that these are they.`);
  }
  const labels = labelBuilder();
  for (let r = 0; r < rows; r++) {
    visit(r, (col, value) => {
      if (value === 1) labels.add(col);
      else if (value !== 0) {
        throw new InputError(
          `${where}: row ${r}, column ${col} holds ${value}; mark the classes of a node by 1, else 0.`,
        );
      }
    });
    labels.endNode();
  }
  return labels.finish(cols);
}

/** Names for classes that have none. */
export const numberedClasses = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);
