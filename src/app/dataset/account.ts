import type { GraphAccount } from '../../worker/protocol.ts';
import { formatCount } from '../theme/format.ts';

/** What is in a graph that was read, in sentences. */
export function accountLines(graph: GraphAccount): string[] {
  const { nodes, named, listed, dropped, edges, directed, weighted, features, classes, splits } = graph;
  const lost = dropped.loops + dropped.duplicates;
  const kept = lost === 0 ? '' : `, ${formatCount(listed - lost)} of them kept`;
  const way = directed ? 'each in its direction' : 'each in both directions';
  return [
    `${counted(nodes, 'node')}, ${named ? 'by the names in the file' : 'numbered from 0'}.`,
    `${counted(listed, 'edge')} listed${kept}: ${counted(edges, 'pair')} of neighbours, ${way}, ` +
      `${weighted ? 'with weights' : 'without weights'}.`,
    features
      ? `${counted(features.count, 'feature')} of each node (${features.kind}).`
      : 'No features: each node gets a learned vector of its own.',
    classes === 0 ? 'No labels: nothing to train for.' : labelSentence(graph),
    ...splits.slice(0, 1).map(({ train, validation, test }) => {
      const which = splits.length > 1 ? `The first of ${splits.length} splits` : 'The split';
      const parts = [train, validation, test].map(formatCount);
      return `${which} of the files: ${parts[0]} train, ${parts[1]} validation, ${parts[2]} test nodes.`;
    }),
  ];
}

const counted = (count: number, what: string) => `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;

function labelSentence({ classes, unlabelled, labelsPerNode, nodes }: GraphAccount): string {
  if (labelsPerNode !== null) {
    const none = unlabelled === 0 ? '' : `; ${formatCount(unlabelled)} of ${formatCount(nodes)} nodes have none`;
    return `Multi-label: ${formatCount(classes)} labels, ${labelsPerNode.toFixed(2)} per labelled node on average${none}.`;
  }
  const classesOf = `${formatCount(classes)} ${classes === 1 ? 'class' : 'classes'}`;
  if (unlabelled === 0) return `${classesOf}; every node has one.`;
  return (
    `${classesOf}; ${formatCount(unlabelled)} of ${formatCount(nodes)} nodes have none: they pass messages on, but are ` +
    'neither trained on nor tested.'
  );
}
