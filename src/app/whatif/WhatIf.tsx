import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { GraphView, NodeView, Repredicted } from '../../worker/protocol.ts';
import { className } from '../graph/nodeText.ts';
import { mark } from '../state/inspectActions.ts';
import { usePage } from '../state/store.ts';
import { undo, undoAll } from '../state/whatIfActions.ts';
import { deviceName, formatCount, formatPercent } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { classColor } from '../theme/palette.ts';
import { EdgeField } from './EdgeField.tsx';
import { FeatureField } from './FeatureField.tsx';
import type { WhatIfView } from './useWhatIf.ts';
import classes from './WhatIf.module.css';

interface WhatIfProps {
  readonly graph: GraphView;
  readonly node: NodeView;
  readonly whatIf: WhatIfView;
}

/** Edits that are tried out: what they are, how to make more, and what the model says then. */
export function WhatIf({ graph, node, whatIf: { ready, edits, answer, answered, refused } }: WhatIfProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const predicting = usePage((state) => state.predicting);
  const takeBack = (act: () => void) => {
    act();
    // The button that was pressed is gone.
    heading.current?.focus();
  };
  return (
    <section className={classes.part} aria-label="What if">
      <div className={classes.headed}>
        <h3 ref={heading} tabIndex={-1}>
          What if
        </h3>
        {predicting && <span className={classes.waiting}>Predicting…</span>}
      </div>
      {ready ? (
        <>
          <p className={classes.dim}>
            Remove or add an edge, change a feature: the trained model, from its best epoch, predicts again. The graph
            and its runs stay as they are.
            {graph.diskBytes !== null &&
              ' Of a graph on disk, this node is asked about, with all that the model sees around it.'}
          </p>
          <div className={classes.fields}>
            <EdgeField graph={graph} node={node} />
            {node.features && <FeatureField graph={graph} node={node} />}
          </div>
        </>
      ) : (
        <p className={classes.dim}>{whyNot(edits.length)}</p>
      )}
      {edits.length > 0 && (
        <ul className={classes.chips} aria-label="Edits">
          {edits.map((edit) => (
            <li key={edit.text}>
              <button
                type="button"
                className={classes.chip}
                title={`Undo: ${edit.text}`}
                onClick={() => takeBack(() => undo(edit))}
              >
                <span>{edit.text}</span>
                <Icon name="close" />
              </button>
            </li>
          ))}
          <li>
            <Button size="compact-xs" variant="subtle" onClick={() => takeBack(undoAll)}>
              Undo all
            </Button>
          </li>
        </ul>
      )}
      {ready && refused && graph.positions && <p role="status">{refused}</p>}
      {ready && edits.length > 0 && answered && answer && <Answer graph={graph} node={node} answer={answer} />}
    </section>
  );
}

function whyNot(edits: number): string {
  return edits > 0
    ? 'When a run is done, its model predicts with these edits.'
    : 'When a run is done, edges and features can be changed here, and its model predicts again.';
}

const LIKELIEST = 3;

interface AnswerProps {
  readonly graph: GraphView;
  readonly node: NodeView;
  readonly answer: Repredicted;
}

/** Probabilities as the graph is and as it is edited, and the nodes that change class. */
function Answer({ graph, node, answer }: AnswerProps) {
  const { before, after, changed, askedAll, device } = answer;
  const nodes = graph.info.nodes;
  useEffect(() => {
    if (!askedAll || changed.length === 0) return;
    const marked = new Uint8Array(nodes);
    for (const other of changed) marked[other] = 1;
    mark(marked);
    return () => mark(null);
  }, [askedAll, changed, nodes]);
  if (!before || !after) return <p className={classes.dim}>The model’s answer is not a number.</p>;
  const ranked = (row: Float32Array) => [...row.keys()].sort((a, b) => row[b] - row[a]).slice(0, LIKELIEST);
  const shown = [...new Set([...ranked(after), ...ranked(before)])];
  const others = changed.filter((other) => other !== node.node).length;
  return (
    <div className={classes.answer}>
      <ol className={classes.ranked} aria-label="Class probabilities before and after the edits">
        {shown.map((index) => (
          <li key={index}>
            <span className={classes.name}>{className(graph, index)}</span>
            <span className={classes.track} aria-hidden="true">
              <span style={{ width: `${100 * before[index]}%` }} className={classes.before} />
              <span style={{ width: `${100 * after[index]}%`, background: classColor(index) }} />
            </span>
            <span className={classes.figure}>
              {formatPercent(before[index])} → {formatPercent(after[index])}
            </span>
          </li>
        ))}
      </ol>
      <p className={classes.dim} role="status">
        {verdict(graph, changed.includes(node.node), before, after)} {askedAll && alsoChanged(others)} Predicted on{' '}
        {device.backend === 'cpu' ? 'the CPU' : deviceName(device)}.
      </p>
    </div>
  );
}

const strongest = (row: Float32Array) => row.indexOf(row.reduce((a, b) => Math.max(a, b)));

function verdict(graph: GraphView, changes: boolean, before: Float32Array, after: Float32Array): string {
  const what = graph.info.multiLabel ? 'strongest label' : 'class';
  if (!changes) return `Its ${what} stays ${className(graph, strongest(after))}.`;
  return `Its ${what} changes from ${className(graph, strongest(before))} to ${className(graph, strongest(after))}.`;
}

function alsoChanged(others: number): string {
  if (others === 0) return 'No other node changes.';
  const [nodes, stand] = others === 1 ? ['other node changes', 'it stands'] : ['other nodes change', 'they stand'];
  return `${formatCount(others)} ${nodes}: ${stand} out in the picture.`;
}
