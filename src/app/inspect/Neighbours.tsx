import { ActionIcon } from '@mantine/core';
import type { GraphView, NamedNode, NodeView } from '../../worker/protocol.ts';
import { nodeName } from '../graph/nodeText.ts';
import { tellError } from '../state/store.ts';
import { removeEdge, undo } from '../state/whatIfActions.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { AttentionBar, useAttention } from '../whatif/Attention.tsx';
import type { WhatIfView } from '../whatif/useWhatIf.ts';
import { ClassName, ClassNames } from './ClassName.tsx';
import classes from './NodeCard.module.css';

interface NeighboursProps {
  readonly graph: GraphView;
  readonly node: NodeView;
  readonly predicted: Uint16Array | null;
  readonly whatIf: WhatIfView;
  readonly onLook: (node: number) => void;
}

/** Who a node hears from, how much attention each gets where the model pays any, and edges to try without. */
export function Neighbours({ graph, node, predicted, whatIf, onLook }: NeighboursProps) {
  const { degree, directed } = node;
  const title = directed ? 'In-neighbours' : 'Neighbours';
  const added = whatIf.edits.flatMap(({ edit, ends }) => {
    if (edit.kind !== 'addEdge' || !(edit.to === node.node || (!directed && edit.from === node.node))) return [];
    return ends.filter((end) => end.node !== node.node);
  });
  const neighbours = [...node.neighbours, ...added];
  const { shares, field } = useAttention(whatIf.answer?.attention ?? null);
  /** What it was taken for and is not; null where there is no such class. */
  const taken = (neighbour: NamedNode) => {
    const index = predicted?.[neighbour.node];
    return index !== undefined && index < graph.classNames.length && !neighbour.labels.includes(index) ? index : null;
  };
  /** The edit that adds the edge to a neighbour, or takes it away. */
  const editOf = (neighbour: NamedNode) =>
    whatIf.edits.find(({ edit }) => edit.kind !== 'setFeature' && joins(edit, neighbour.node, node));
  const largest = [...(shares?.values() ?? [])].reduce((a, b) => Math.max(a, b), 0);
  const itself = shares?.get(node.node) ?? 0;
  const unlisted = new Map(shares);
  for (const known of [node, ...neighbours]) unlisted.delete(known.node);
  const rest = [...unlisted.values()].reduce((sum, share) => sum + share, 0);
  return (
    <div className={classes.part} data-wide>
      <div className={classes.headed}>
        <h3>{title}</h3>
        {field}
      </div>
      {degree === 0 && (
        <p className={classes.dim}>
          {directed ? 'No edge leads to it' : 'It has none'}: the model goes by its features alone.
        </p>
      )}
      {degree > node.neighbours.length && (
        <p className={classes.dim}>
          The first {node.neighbours.length} of {formatCount(degree)}
        </p>
      )}
      {shares && (
        <p className={classes.dim}>
          To itself {formatPercent(itself)}
          {unlisted.size > 0 && `, to those not listed ${formatPercent(rest)}`}
        </p>
      )}
      <ul className={classes.neighbours} aria-label={title} data-attention={shares !== null || undefined}>
        {neighbours.map((neighbour) => {
          const index = taken(neighbour);
          const name = nodeName(neighbour.name, neighbour.node);
          const edit = editOf(neighbour);
          const gone = edit?.edit.kind === 'removeEdge';
          return (
            <li key={neighbour.node} data-gone={gone || undefined}>
              <button type="button" onClick={() => onLook(neighbour.node)}>
                <span className={classes.name}>{name}</span>
                <ClassNames graph={graph} labels={neighbour.labels} most={1} />
                {index !== null && (
                  <span className={classes.taken}>
                    {graph.info.multiLabel ? 'strongest' : 'predicted'} <ClassName graph={graph} index={index} />
                  </span>
                )}
              </button>
              {shares && <AttentionBar share={shares.get(neighbour.node)} largest={largest} />}
              {whatIf.ready && (
                <ActionIcon
                  className={classes.quiet}
                  variant="subtle"
                  color="gray"
                  size={18}
                  aria-label={gone ? `Put the edge to ${name} back` : `Try without the edge to ${name}`}
                  title={gone ? 'Put the edge back' : 'Try without this edge'}
                  onClick={() => (edit ? undo(edit) : void removeEdge(neighbour, node).catch(tellError))}
                >
                  <Icon name={gone ? 'plus' : 'close'} />
                </ActionIcon>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function joins({ from, to }: { from: number; to: number }, neighbour: number, { node, directed }: NodeView): boolean {
  return (from === neighbour && to === node) || (!directed && from === node && to === neighbour);
}
