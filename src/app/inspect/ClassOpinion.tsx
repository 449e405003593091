import { useEffect, useState } from 'react';
import type { GraphView, NodeView } from '../../worker/protocol.ts';
import { className } from '../graph/nodeText.ts';
import { probabilities } from '../state/inspectActions.ts';
import type { Frame } from '../state/predictionHistory.ts';
import { tellError } from '../state/store.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { classColor } from '../theme/palette.ts';
import type { WhatIfView } from '../whatif/useWhatIf.ts';
import { ClassName, ClassNames } from './ClassName.tsx';
import classes from './NodeCard.module.css';

interface ClassOpinionProps {
  readonly graph: GraphView;
  readonly node: NodeView;
  readonly predictions: Frame | null;
  /** They are of an earlier epoch, of which only the likeliest class of a node is kept. */
  readonly past: boolean;
  readonly whatIf: WhatIfView;
}

const LIKELIEST = 3;
const MOST_LABELS = 20;

/** Its class, or its labels where there may be several, and the classes that the model finds likeliest. */
export function ClassOpinion({ graph, node, predictions, past, whatIf }: ClassOpinionProps) {
  const [row, setRow] = useState<{ readonly node: number; readonly of: Float32Array | null } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new predictions are new probabilities
  useEffect(() => {
    let current = true;
    probabilities(node.node).then((of) => current && setRow({ node: node.node, of }), tellError);
    return () => {
      current = false;
    };
  }, [node, predictions]);
  const latest = row?.node === node.node && predictions ? row.of : null;
  // Of a graph that is not drawn, the model is asked about this node when the run is over.
  const asked = graph.positions ? null : (whatIf.answer?.before ?? null);
  const known = asked ?? (past && predictions ? likeliestOf(graph, predictions, node.node) : latest);
  const ranked = known ? [...known.keys()].sort((a, b) => known[b] - known[a]).slice(0, past ? 1 : LIKELIEST) : [];
  const several = graph.info.multiLabel;
  return (
    <div className={classes.part}>
      <h3>Class</h3>
      <dl className={classes.facts}>
        <div>
          <dt>{several ? 'labels' : 'true'}</dt>
          <dd>
            <ClassNames graph={graph} labels={node.labels} most={MOST_LABELS} />
          </dd>
        </div>
        {ranked.length > 0 && (
          <div>
            <dt>{several ? 'strongest' : 'predicted'}</dt>
            <dd>
              <ClassName graph={graph} index={ranked[0]} />
              {node.labels.length > 0 && (
                <span className={classes.dim}>{node.labels.includes(ranked[0]) ? 'right' : 'wrong'}</span>
              )}
            </dd>
          </div>
        )}
      </dl>
      {known ? (
        <>
          <ol className={classes.ranked} aria-label="Likeliest classes">
            {ranked.map((index) => (
              <li key={index}>
                <span className={classes.name}>{className(graph, index)}</span>
                <span className={classes.track}>
                  <span style={{ width: `${100 * known[index]}%`, background: classColor(index) }} />
                </span>
                <span className={classes.figure}>{formatPercent(known[index])}</span>
              </li>
            ))}
          </ol>
          <p className={classes.dim}>
            {asked ? 'By the trained model, from its best epoch.' : `After epoch ${formatCount(predictions!.epoch)}.`}
            {past && ' The classes that come next are known of the latest epoch only.'}
          </p>
        </>
      ) : (
        <p className={classes.dim}>{whyNoPrediction(graph, predictions !== null, whatIf)}</p>
      )}
    </div>
  );
}

/** The one probability that is kept of each epoch, among zeros. */
function likeliestOf({ classNames }: GraphView, { classes, confidence }: Frame, node: number): Float32Array | null {
  if (!(classes[node] < classNames.length)) return null;
  return new Float32Array(classNames.length).fill(confidence[node] / 255, classes[node], classes[node] + 1);
}

function whyNoPrediction(graph: GraphView, predicted: boolean, { ready, refused }: WhatIfView): string {
  if (graph.positions)
    return predicted ? 'The evaluation does not visit this node.' : 'The prediction appears when a run starts.';
  if (!ready) return 'Of a graph too large to draw, the model is asked about single nodes when a run is done.';
  return refused ?? 'Predicting…';
}
