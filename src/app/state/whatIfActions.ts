import type { Edit, NamedNode, NodeView, Repredicted } from '../../worker/protocol.ts';
import { nodeName } from '../graph/nodeText.ts';
import { answered, trainer } from './engine.ts';
import { get, set } from './store.ts';

/** Trying out edits: the graph and its runs stay as they are, and the trained model is asked what it would say. */

/** An edit as it is shown. */
export interface NamedEdit {
  readonly edit: Edit;
  readonly text: string;
  /** Of an edge, both. */
  readonly ends: readonly NamedNode[];
}

/** Questions under way. */
let asked = 0;

export async function repredict(edits: readonly NamedEdit[], node: number): Promise<Repredicted> {
  const plain = edits.map(({ edit }) => edit);
  set({ predicting: ++asked > 0 });
  try {
    return await answered(trainer.repredict(plain, node));
  } finally {
    set({ predicting: --asked > 0 });
  }
}

/** @throws InputError where the edge is not there, or already is */
export function removeEdge(neighbour: NamedNode, to: NamedNode): Promise<void> {
  return tryOut(edgeEdit('removeEdge', neighbour, to), to.node);
}

/** @param which the other end, by its name or its number */
export async function addEdge(which: string, to: NodeView): Promise<void> {
  const from = await answered(trainer.node(which));
  await tryOut(edgeEdit('addEdge', from, to), to.node);
}

/** @param which the feature, by its name or its number */
export async function setFeature(which: string | number, value: number, of: NamedNode): Promise<void> {
  const { column, name } = await answered(trainer.feature(which));
  const edit = { kind: 'setFeature', node: of.node, column, value } as const;
  const text = `${nodeName(of.name, of.node)}: ${name ?? `feature ${column}`} = ${value}`;
  await tryOut({ edit, text, ends: [] }, of.node);
}

export function undo(edit: NamedEdit): void {
  set({ edits: get().edits.filter((other) => other !== edit) });
}

export function undoAll(): void {
  set({ edits: [] });
}

function edgeEdit(kind: 'addEdge' | 'removeEdge', from: NamedNode, to: NamedNode): NamedEdit {
  const arrow = get().pinned?.directed ? '→' : '–';
  const ends = `${nodeName(from.name, from.node)} ${arrow} ${nodeName(to.name, to.node)}`;
  const text = `${kind === 'addEdge' ? 'with' : 'without'} ${ends}`;
  return { edit: { kind, from: from.node, to: to.node }, text, ends: [from, to] };
}

/** One after the other, each upon those before it. */
let last: Promise<void> = Promise.resolve();

/** Takes an edit once the model has answered; rejects where it cannot be made, and all stays as it was. */
function tryOut(change: NamedEdit, node: number): Promise<void> {
  last = last
    .catch(() => {})
    .then(async () => {
      const { graph, edits } = get();
      const next = withEdit(edits, change);
      await repredict(next, node);
      if (get().graph === graph) set({ edits: next });
    });
  return last;
}

/** A feature has one value, and what is taken back was never done. */
function withEdit(edits: readonly NamedEdit[], change: NamedEdit): readonly NamedEdit[] {
  const opposite = edits.find(({ edit }) => isOpposite(edit, change.edit));
  if (opposite) return edits.filter((other) => other !== opposite);
  return [...edits.filter(({ edit }) => !isReplaced(edit, change.edit)), change];
}

function isReplaced(a: Edit, b: Edit): boolean {
  return a.kind === 'setFeature' && b.kind === 'setFeature' && a.node === b.node && a.column === b.column;
}

function isOpposite(a: Edit, b: Edit): boolean {
  if (a.kind === 'setFeature' || b.kind === 'setFeature' || a.kind === b.kind) return false;
  const same = a.from === b.from && a.to === b.to;
  return same || (!get().pinned?.directed && a.from === b.to && a.to === b.from);
}
