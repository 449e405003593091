import { ActionIcon } from '@mantine/core';
import { useRef } from 'react';
import type { FeaturesView, GraphView, NamedNode, NodeView } from '../../worker/protocol.ts';
import { nodeName, PARTS } from '../graph/nodeText.ts';
import { pin, unpin } from '../state/inspectActions.ts';
import { isPast, shownPredictions } from '../state/run.ts';
import { tellError, usePage } from '../state/store.ts';
import { formatCount } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { ClassName, ClassNames } from './ClassName.tsx';
import { ClassOpinion } from './ClassOpinion.tsx';
import classes from './NodeCard.module.css';
import { PIN_FIELD } from './PinField.tsx';

/** The pinned node: what the model says of it, its features, its neighbours. */
export function NodeCard() {
  const graph = usePage((state) => state.graph);
  const node = usePage((state) => state.pinned);
  const predictions = usePage(shownPredictions);
  const past = usePage(isPast);
  const split = usePage((state) => (state.run?.config ?? state.config)['data.split']);
  const heading = useRef<HTMLHeadingElement>(null);
  if (!graph || !node) return null;
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
        <ClassOpinion graph={graph} node={node} predictions={predictions} past={past} />
        <Features features={node.features} />
        <Neighbours
          graph={graph}
          node={node}
          predicted={graph.positions ? (predictions?.classes ?? null) : null}
          onLook={(next) => void look(next)}
        />
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

function Features({ features }: { features: FeaturesView | null }) {
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
            {features.largest.map(({ column, name, value }) => (
              <li key={column}>
                <span className={classes.name} title={name ?? undefined}>
                  {name ?? column}
                </span>
                {value !== 1 && <span className={classes.dim}>{formatFeature(value)}</span>}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p className={classes.dim}>This graph has none: the model learns a vector for each node.</p>
      )}
    </div>
  );
}

interface NeighboursProps {
  readonly graph: GraphView;
  readonly node: NodeView;
  readonly predicted: Uint16Array | null;
  readonly onLook: (node: number) => void;
}

function Neighbours({ graph, node, predicted, onLook }: NeighboursProps) {
  const { neighbours, degree, directed } = node;
  /** What it was taken for and is not; null where there is no such class. */
  const taken = (neighbour: NamedNode) => {
    const index = predicted?.[neighbour.node];
    return index !== undefined && index < graph.classNames.length && !neighbour.labels.includes(index) ? index : null;
  };
  return (
    <div className={classes.part} data-wide>
      <h3>{directed ? 'In-neighbours' : 'Neighbours'}</h3>
      {degree === 0 && (
        <p className={classes.dim}>
          {directed ? 'No edge leads to it' : 'It has none'}: the model goes by its features alone.
        </p>
      )}
      {degree > neighbours.length && (
        <p className={classes.dim}>
          The first {neighbours.length} of {formatCount(degree)}
        </p>
      )}
      <ul className={classes.neighbours}>
        {neighbours.map((neighbour) => {
          const index = taken(neighbour);
          return (
            <li key={neighbour.node}>
              <button type="button" onClick={() => onLook(neighbour.node)}>
                <span className={classes.name}>{nodeName(neighbour.name, neighbour.node)}</span>
                <ClassNames graph={graph} labels={neighbour.labels} most={1} />
                {index !== null && (
                  <span className={classes.taken}>
                    {graph.info.multiLabel ? 'strongest' : 'predicted'} <ClassName graph={graph} index={index} />
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
