import { memo, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { accuracyByDegree, classReport, confusionMatrix, degreesOfPairs, judgedNodes } from '../../worker/judge.ts';
import type { GraphView } from '../../worker/protocol.ts';
import { mark } from '../state/inspectActions.ts';
import type { Frame } from '../state/predictionHistory.ts';
import { type LiveRun, shownPredictions } from '../state/run.ts';
import { usePage } from '../state/store.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { ClassTable } from './ClassTable.tsx';
import { type Cell, ConfusionGrid } from './ConfusionGrid.tsx';
import { DegreeTable } from './DegreeTable.tsx';
import { EpochName, JudgedBy, PARTS, TEST } from './JudgedBy.tsx';
import { LabelPredictions } from './LabelPredictions.tsx';
import classes from './Predictions.module.css';
import { TakeAway } from './TakeAway.tsx';

/** What the current predictions get right and wrong, and the model that makes them, to take away. */
export function Predictions() {
  return (
    <>
      <TakeAway />
      <Judged />
    </>
  );
}

/** Class by class, and by how many neighbours a node has. */
function Judged() {
  const graph = usePage((state) => state.graph);
  const run = usePage((state) => state.run);
  // While a run goes on, whatever the visitor does comes first: the tables are drawn behind it, in pieces, the first time too.
  const latest = usePage(shownPredictions);
  const predictions = useDeferredValue(latest, null);
  if (!graph) return null;
  if (graph.info.classes === 0) return <p className={classes.empty}>This graph has no classes to predict.</p>;
  if (!graph.positions && graph.info.multiLabel) {
    return (
      <p className={classes.empty}>
        This graph is too large to draw, so predictions of single nodes stay with the worker. How well their labels are
        told is the micro-F1 of the charts.
      </p>
    );
  }
  if (!graph.positions) return <OfRecord graph={graph} run={run} />;
  if (graph.info.multiLabel && run?.predictions) {
    return <LabelPredictions key={graph.id} graph={graph} run={run} predictions={run.predictions} />;
  }
  if (latest && !predictions) return null;
  if (!run || !predictions || predictions.classes.length !== graph.labels.length) {
    return (
      <p className={classes.empty}>
        Press Train: what the model takes each class for appears here with its first predictions, and follows them.
      </p>
    );
  }
  return <OfPredictions key={graph.id} graph={graph} split={run.config['data.split']} predictions={predictions} />;
}

interface OfPredictionsProps {
  readonly graph: GraphView;
  /** Index into graph.splits. */
  readonly split: number;
  readonly predictions: Frame;
}

const OfPredictions = memo(function OfPredictions({ graph, split: chosen, predictions }: OfPredictionsProps) {
  const [part, setPart] = useState(TEST);
  const [cell, setCell] = useState<Cell | null>(null);
  const { classes: taken, epoch } = predictions;
  const { labels, edges } = graph;
  const count = graph.classNames.length;
  const split = graph.splits[chosen] ?? null;
  const degrees = useMemo(() => degreesOfPairs(labels.length, edges ?? new Uint32Array(0)), [labels, edges]);
  const judged = useMemo(() => {
    const nodes = split ? judgedNodes(labels, taken, split, part, count) : new Uint32Array(0);
    const confusion = confusionMatrix(labels, taken, nodes, count);
    return {
      nodes,
      confusion,
      report: classReport(confusion, count),
      bins: accuracyByDegree(labels, taken, nodes, degrees),
    };
  }, [labels, taken, split, part, count, degrees]);

  useEffect(() => {
    if (!cell) return mark(null);
    const marked = new Uint8Array(labels.length);
    for (const v of judged.nodes) if (labels[v] === cell.truth && taken[v] === cell.taken) marked[v] = 1;
    mark(marked);
  }, [cell, judged, labels, taken]);
  useEffect(() => () => mark(null), []);

  const { report, confusion, bins } = judged;
  const file = (what: string) => `${graph.info.name}-${what}-${PARTS[part]}`;
  return (
    <section className={classes.panel} aria-label="Predictions">
      <JudgedBy part={part} onChange={setPart}>
        <EpochName epoch={epoch} />: {formatCount(report.right)} of {formatCount(report.nodes)} {PARTS[part]} nodes
        right, {report.nodes > 0 ? formatPercent(report.accuracy) : 'nothing to judge'}
      </JudgedBy>
      <div className={classes.tables}>
        <ConfusionGrid
          names={graph.classNames}
          confusion={confusion}
          file={file('confusion')}
          chosen={cell}
          onChoose={setCell}
        />
        <DegreeTable bins={bins} accuracy={report.accuracy} file={file('by-degree')} />
        <ClassTable names={graph.classNames} report={report} file={file('classes')} />
      </div>
    </section>
  );
});

/** Of a graph that is not drawn single predictions stay with the worker: what its finished run counted. */
function OfRecord({ graph, run }: { graph: GraphView; run: LiveRun | null }) {
  const record = usePage((state) => state.kept.find(({ id }) => id === state.run?.id)?.record ?? null);
  const confusion = record?.result.confusion ?? null;
  const count = graph.info.classes;
  const counts = useMemo(() => Uint32Array.from(confusion?.flat() ?? []), [confusion]);
  if (!run || !record || !confusion || confusion.length !== count) {
    return (
      <p className={classes.empty}>
        This graph is too large to draw, so predictions of single nodes stay with the worker. What the test nodes were
        taken for appears here when a run is done{count > 64 ? ', up to 64 classes' : ''}.
      </p>
    );
  }
  const report = classReport(counts, count);
  const file = (what: string) => `${graph.info.name}-${what}-test`;
  return (
    <section className={classes.panel} aria-label="Predictions">
      <header className={classes.head}>
        <p>
          Best epoch, {formatCount(record.result.bestEpoch)}: {formatCount(report.right)} of {formatCount(report.nodes)}{' '}
          test nodes right, {formatPercent(report.accuracy)}
        </p>
      </header>
      <div className={classes.tables}>
        <ConfusionGrid names={graph.classNames} confusion={counts} file={file('confusion')} chosen={null} />
        <ClassTable names={graph.classNames} report={report} file={file('classes')} />
      </div>
    </section>
  );
}
