import { useEffect, useMemo, useState } from 'react';
import {
  accuracyByDegree,
  degreesOfPairs,
  type LabelRows,
  labelReport,
  nodesOf,
  whollyRight,
} from '../../worker/judge.ts';
import type { GraphView } from '../../worker/protocol.ts';
import { decidedLabels } from '../state/inspectActions.ts';
import type { Frame } from '../state/predictionHistory.ts';
import type { LiveRun } from '../state/run.ts';
import { tellError } from '../state/store.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { ClassTable } from './ClassTable.tsx';
import { DegreeTable } from './DegreeTable.tsx';
import { EpochName, JudgedBy, PARTS, TEST } from './JudgedBy.tsx';
import classes from './Predictions.module.css';

interface LabelPredictionsProps {
  readonly graph: GraphView;
  readonly run: LiveRun;
  /** The latest. */
  readonly predictions: Frame;
}

/** Where nodes may have several labels: how well each is told, and how many nodes are told wholly, by degree. */
export function LabelPredictions({ graph, run, predictions }: LabelPredictionsProps) {
  const [part, setPart] = useState(TEST);
  const [told, setTold] = useState<{ readonly decided: LabelRows; readonly epoch: number } | null>(null);
  useEffect(() => {
    let current = true;
    decidedLabels().then((decided) => {
      if (current && decided) setTold({ decided, epoch: predictions.epoch });
    }, tellError);
    return () => {
      current = false;
    };
  }, [predictions]);
  const { labelSets, edges, splits } = graph;
  const split = splits[run.config['data.split']] ?? null;
  const degrees = useMemo(() => degreesOfPairs(graph.info.nodes, edges ?? new Uint32Array(0)), [graph, edges]);
  const judged = useMemo(() => {
    if (!told || !labelSets || told.decided.indptr.length !== labelSets.indptr.length) return null;
    const nodes = split ? nodesOf(split, part) : new Uint32Array(0);
    const right = whollyRight(labelSets, told.decided);
    const all = new Uint8Array(right.length).fill(1);
    return {
      report: labelReport(labelSets, told.decided, nodes, graph.classNames.length),
      bins: accuracyByDegree(all, right, nodes, degrees),
    };
  }, [told, labelSets, split, part, degrees, graph]);
  if (!judged || !told) return null;
  const { report, bins } = judged;
  const file = (what: string) => `${graph.info.name}-${what}-${PARTS[part]}`;
  const share = report.right / Math.max(1, report.nodes);
  return (
    <section className={classes.panel} aria-label="Predictions">
      <JudgedBy part={part} onChange={setPart}>
        <EpochName epoch={told.epoch} />: micro-F1 {formatPercent(report.microF1)}; {formatCount(report.right)} of{' '}
        {formatCount(report.nodes)} {PARTS[part]} nodes have exactly their labels
        {report.nodes > 0 && `, ${formatPercent(share)}`}
      </JudgedBy>
      <div className={classes.tables}>
        <DegreeTable bins={bins} accuracy={share} file={file('by-degree')} />
        <ClassTable names={graph.classNames} report={report} file={file('labels')} />
      </div>
    </section>
  );
}
