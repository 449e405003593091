import { ActionIcon } from '@mantine/core';
import { useRef } from 'react';
import type { GraphView, NodeView } from '../../worker/protocol.ts';
import { nodeName, PARTS } from '../graph/nodeText.ts';
import { pin, unpin } from '../state/inspectActions.ts';
import { isPast, shownPredictions } from '../state/run.ts';
import { tellError, usePage } from '../state/store.ts';
import { setFeature, undo } from '../state/whatIfActions.ts';
import { formatCount } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { useWhatIf, type WhatIfView } from '../whatif/useWhatIf.ts';
import { WhatIf } from '../whatif/WhatIf.tsx';
import { ClassOpinion } from './ClassOpinion.tsx';
import { Neighbours } from './Neighbours.tsx';
import classes from './NodeCard.module.css';
import { PIN_FIELD } from './PinField.tsx';

/** The pinned node: what the model says of it, its features, its neighbours. */
export function NodeCard() {
  const graph = usePage((state) => state.graph);
  const node = usePage((state) => state.pinned);
  return graph && node && <Card graph={graph} node={node} />;
}

function Card({ graph, node }: { graph: GraphView; node: NodeView }) {
  const predictions = usePage(shownPredictions);
  const past = usePage(isPast);
  const split = usePage((state) => (state.run?.config ?? state.config)['data.split']);
  const heading = useRef<HTMLHeadingElement>(null);
  const whatIf = useWhatIf(node);
  const look = async (next: number) => {
    await pin(next).catch(tellError);
    // The button that was pressed may be gone.
    heading.current?.focus();
  };
  const facts = [
    node.name === null ? null : `number ${node.node}`,
    node.splits[split] === undefined ? null : (PARTS[node.splits[split]] ?? PARTS[0]),
    `${node.directed ? 'in-edges' : 'degree'} ${formatCount(node.degree)}${node.selfLoop ? ' with its self-loop' : ''}`,
  ];
  return (
    <section
      className={classes.card}
      aria-label="Pinned node"
      onKeyDown={(event) => {
        if (event.key === 'Escape') letGo();
      }}
    >
      <header className={classes.head}>
        <div className={classes.title}>
          <h2 ref={heading} tabIndex={-1}>
            {nodeName(node.name, node.node)}
          </h2>
          <p>{facts.filter((fact) => fact !== null).join(' · ')}</p>
        </div>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Let go of the pinned node" onClick={letGo}>
          <Icon name="close" />
        </ActionIcon>
      </header>
      <div className={classes.parts}>
        <ClassOpinion graph={graph} node={node} predictions={predictions} past={past} whatIf={whatIf} />
        <Features node={node} whatIf={whatIf} />
        <Neighbours
          graph={graph}
          node={node}
          predicted={graph.positions ? (predictions?.classes ?? null) : null}
          whatIf={whatIf}
          onLook={(next) => void look(next)}
        />
        <WhatIf graph={graph} node={node} whatIf={whatIf} />
      </div>
    </section>
  );
}

/** The card goes with the node, and the focus in it to where another one is asked for. */
function letGo(): void {
  document.getElementById(PIN_FIELD)?.focus();
  unpin();
}

/** Weights and counts, as short as they can be told apart. */
const formatFeature = (value: number) => String(Number(value.toPrecision(4)));

function Features({ node, whatIf: { ready, edits } }: { node: NodeView; whatIf: WhatIfView }) {
  const { features } = node;
  /** The edit that gives a feature another value. */
  const editOf = (column: number) =>
    edits.find(({ edit }) => edit.kind === 'setFeature' && edit.node === node.node && edit.column === column);
  return (
    <div className={classes.part}>
      <h3>Features</h3>
      {features ? (
        <>
          <p className={classes.dim}>
            {formatCount(features.nonZero)} of {formatCount(features.of)} not zero
            {features.nonZero > features.largest.length && `; the ${features.largest.length} largest`}
          </p>
          <ul className={classes.features}>
            {features.largest.map(({ column, name, value }) => {
              const edited = editOf(column);
              return (
                <li key={column} data-gone={edited !== undefined || undefined}>
                  <span className={classes.name} title={name ?? undefined}>
                    {name ?? column}
                  </span>
                  {value !== 1 && <span className={classes.dim}>{formatFeature(value)}</span>}
                  {ready && (
                    <ActionIcon
                      className={classes.quiet}
                      variant="subtle"
                      color="gray"
                      size={16}
                      aria-label={`${edited ? 'Take back the edit of' : 'Try without'} the feature ${name ?? column}`}
                      title={edited ? 'Take the edit back' : 'Try without it'}
                      onClick={() => (edited ? undo(edited) : void setFeature(column, 0, node).catch(tellError))}
                    >
                      <Icon name={edited ? 'plus' : 'close'} />
                    </ActionIcon>
                  )}
                </li>
              );
            })}
          </ul>
        </>
      ) : (
        <p className={classes.dim}>This graph has none: the model learns a vector for each node.</p>
      )}
    </div>
  );
}
