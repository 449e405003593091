import { Progress, SegmentedControl } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import type { GraphView } from '../../worker/protocol.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import { ClassLegend } from './ClassLegend.tsx';
import { ConfidenceScale } from './ConfidenceScale.tsx';
import { GraphCanvas } from './GraphCanvas.tsx';
import classes from './GraphPanel.module.css';
import { type ColourMode, leastConfidence, RIGHT, WRONG } from './nodePaint.ts';

const EpochScrubber = lazy(async () => ({ default: (await import('./EpochScrubber.tsx')).EpochScrubber }));
const Neighbourhood = lazy(async () => ({
  default: (await import('./neighbourhood/Neighbourhood.tsx')).Neighbourhood,
}));
const PinField = lazy(async () => ({ default: (await import('../inspect/PinField.tsx')).PinField }));

export interface GraphPanelProps {
  /** Null while none is loaded. */
  readonly graph: GraphView | null;
  /** What the current run says of each node; null before its first predictions. */
  readonly predictions: Predicted | null;
  /** Index into graph.splits. */
  readonly split: number;
  /** What the worker is doing before there is a graph; `total` null where the end is not known. */
  readonly progress: { readonly task: string; readonly done: number; readonly total: number | null } | null;
  /** Nodes that another panel points at have a 1. */
  readonly marked: Uint8Array | null;
  readonly pinned: number | null;
  readonly onPin: (node: number | null) => void;
}

export interface Predicted {
  readonly classes: Uint16Array;
  /** 0 to 255 for 0 to 1. */
  readonly confidence: Uint8Array;
}

/** The graph, what its colours mean, and how well each class is predicted. */
export function GraphPanel({ graph, progress, ...rest }: GraphPanelProps) {
  if (!graph) return <Loading progress={progress} />;
  // A new graph starts with nothing chosen.
  return <Loaded key={`${graph.id} ${graph.info.fingerprint}`} graph={graph} {...rest} />;
}

const MODES: readonly { readonly value: ColourMode; readonly label: string }[] = [
  { value: 'class', label: 'Class' },
  { value: 'prediction', label: 'Prediction' },
  { value: 'error', label: 'Error' },
  { value: 'confidence', label: 'Confidence' },
];

type LoadedProps = Omit<GraphPanelProps, 'graph' | 'progress'> & { readonly graph: GraphView };

function Loaded({ graph, predictions, split, marked, pinned, onPin }: LoadedProps) {
  const [chosen, setChosen] = useState<ColourMode | null>(null);
  const [highlight, setHighlight] = useState<number | null>(null);
  // Those of an earlier graph may still be on their way.
  const known = predictions && predictions.classes.length === graph.labels.length ? predictions : null;
  const mode = known ? (chosen ?? 'prediction') : 'class';
  return (
    <section className={classes.panel} aria-label="Graph">
      <header className={classes.head}>
        <Title graph={graph} />
        {graph.positions && (
          <SegmentedControl
            size="xs"
            aria-label="Colour the nodes by"
            title={known ? undefined : 'All but the class is there once a run has made its first predictions.'}
            value={mode}
            onChange={(value) => setChosen(value as ColourMode)}
            data={MODES.map((entry) => ({ ...entry, disabled: entry.value !== 'class' && !known }))}
          />
        )}
        <FindNode />
      </header>
      {graph.positions ? (
        <div className={classes.body}>
          <div className={classes.picture}>
            <GraphCanvas
              graph={graph}
              predictions={known?.classes ?? null}
              confidence={known?.confidence ?? null}
              mode={mode}
              split={split}
              highlight={highlight ?? marked}
              pinned={pinned}
              onPin={onPin}
            />
          </div>
          <div className={classes.side}>
            <Key mode={mode} waiting={!known} />
            {mode === 'confidence' && (
              <ConfidenceScale least={leastConfidence(graph.classNames.length, graph.labelSets !== null)} />
            )}
            <ClassLegend
              graph={graph}
              predictions={known?.classes ?? null}
              split={split}
              coloured={mode === 'class' || mode === 'prediction'}
              onHighlight={setHighlight}
            />
          </div>
        </div>
      ) : (
        <Suspense fallback={<p className={classes.empty}>{tooLarge(graph)}</p>}>
          <Neighbourhood
            graph={graph}
            why={tooLarge(graph)}
            split={split}
            pinned={pinned}
            onPin={onPin}
            legend={<Key mode="class" waiting={false} />}
          />
        </Suspense>
      )}
      {graph.positions && (
        <div className={classes.scrubber}>
          <Suspense>{known && <EpochScrubber />}</Suspense>
        </div>
      )}
    </section>
  );
}

/** Nodes are found by their names or numbers too. */
function FindNode() {
  return (
    <div className={classes.find}>
      <Suspense>
        <PinField />
      </Suspense>
    </div>
  );
}

function Title({ graph: { info, featureless } }: { graph: GraphView }) {
  const counts = [
    [info.nodes, 'nodes'],
    [info.edges, 'edges'],
    [info.classes, 'classes'],
  ] as const;
  const features = featureless ? 'no features' : `${formatCount(info.features)} features`;
  return (
    <div className={classes.title}>
      <h2 title={info.name}>{info.name.slice(0, 200)}</h2>
      <p>{[...counts.map(([count, what]) => `${formatCount(count)} ${what}`), features].join(' · ')}</p>
    </div>
  );
}

/** What the marks mean, in the mode that they are in. */
function Key({ mode, waiting }: { mode: ColourMode; waiting: boolean }) {
  return (
    <ul className={classes.key} aria-label="Marks">
      {mode === 'error' && (
        <>
          <li>
            <span className={classes.dot} style={{ background: WRONG }} /> wrong
          </li>
          <li>
            <span className={classes.dot} style={{ background: RIGHT }} /> right
          </li>
        </>
      )}
      <li>
        <span className={classes.ring} /> trains the model
      </li>
      {waiting && <li className={classes.hint}>Predictions appear when a run starts.</li>}
    </ul>
  );
}

function tooLarge({ info, diskBytes }: GraphView): string {
  const what = info.nodes > info.edges / 10 ? 'nodes' : 'edges';
  const where =
    diskBytes === null
      ? 'Training works all the same.'
      : `The graph stays on this browser’s disk (${formatBytes(diskBytes)}), and training reads its batches from there.`;
  return `Too many ${what} to draw one by one. ${where}`;
}

function Loading({ progress }: Pick<GraphPanelProps, 'progress'>) {
  const share = progress && progress.total !== null ? (100 * progress.done) / Math.max(1, progress.total) : null;
  return (
    <section className={classes.panel} aria-label="Graph" aria-busy>
      <div className={classes.loading} role="status">
        <p>{progress ? progress.task : 'Loading the graph'}</p>
        <Progress
          className={classes.bar}
          size="xs"
          animated={share === null}
          aria-label={progress?.task ?? 'Loading the graph'}
          value={share ?? 100}
        />
      </div>
    </section>
  );
}
