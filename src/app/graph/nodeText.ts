import type { GraphView } from '../../worker/protocol.ts';
import { formatCount, formatShare } from '../theme/format.ts';
import { classesOf, isOfClass } from './labels.ts';

/** What is told of one node, by the tooltip and to screen readers. */
export interface NodeText {
  readonly title: string;
  /** Term and value, and the class whose colour belongs to it. */
  readonly facts: readonly { readonly term: string; readonly value: string; readonly colour: number | null }[];
}

export const PARTS = ['not in this split', 'training', 'validation', 'test'] as const;
/** Names come from files and may be of any length. */
const LONGEST = 120;
/** Labels of one node that are told. */
const MOST_NAMED = 8;

export function nodeText(
  graph: GraphView,
  node: number,
  degree: number,
  predictions: Uint16Array | null,
  split: Uint8Array | null,
  confidence: Uint8Array | null = null,
): NodeText {
  const label = graph.labels[node];
  const several = graph.labelSets !== null;
  const names = Array.from(classesOf(graph, node), (index) => className(graph, index));
  const listed = names.length > MOST_NAMED ? `${names.slice(0, MOST_NAMED).join(', ')}, …` : names.join(', ');
  const facts: NodeText['facts'][number][] = [
    { term: several ? 'labels' : 'class', value: listed || 'unlabelled', colour: label },
  ];
  if (predictions) {
    const predicted = predictions[node];
    const verdict = label < 0 ? '' : isOfClass(graph, node, predicted) ? ', right' : ', wrong';
    const known = predicted < graph.classNames.length;
    facts.push({
      term: several ? 'strongest' : 'predicted',
      value: known ? `${className(graph, predicted)}${verdict}` : 'not evaluated',
      colour: known ? predicted : -1,
    });
    if (known && confidence)
      facts.push({ term: 'confidence', value: formatShare(confidence[node] / 255), colour: null });
  }
  const plain = [
    { term: 'split', value: PARTS[split ? split[node] : 0] ?? PARTS[0], colour: null },
    { term: 'neighbours', value: formatCount(degree), colour: null },
  ];
  return { title: nodeName(graph.nodeIds?.[node], node), facts: [...facts, ...plain] };
}

/** As one sentence. */
export function spoken({ title, facts }: NodeText): string {
  return `${title}: ${facts.map(({ term, value }) => `${term} ${value}`).join('; ')}.`;
}

/** By its name, or its number where it has none. */
export function nodeName(name: string | null | undefined, node: number): string {
  return clipped(name ?? `node ${node}`);
}

export function className(graph: Pick<GraphView, 'classNames'>, index: number): string {
  return clipped(graph.classNames[index] ?? `class ${index}`);
}

function clipped(name: string): string {
  // Code points, so that no pair of surrogates is cut in half.
  const points = Array.from(name.slice(0, 2 * LONGEST + 2));
  return points.length > LONGEST ? `${points.slice(0, LONGEST).join('')}…` : name;
}
