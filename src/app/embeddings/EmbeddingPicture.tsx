import { Button, SegmentedControl } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { ClassLegend } from '../graph/ClassLegend.tsx';
import { GraphCanvas } from '../graph/GraphCanvas.tsx';
import type { ColourMode } from '../graph/nodePaint.ts';
import { mark, pin, unpin } from '../state/inspectActions.ts';
import { isActive } from '../state/run.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { Doing } from './Doing.tsx';
import { Downloads } from './Downloads.tsx';
import classes from './Embeddings.module.css';
import {
  choose,
  compute,
  findNear,
  type Method,
  type Picture,
  type ReadEmbedding,
  useEmbedding,
} from './embeddingActions.ts';
import { LayerField } from './LayerField.tsx';
import { NearestNodes } from './NearestNodes.tsx';
import { picturedGraph, placeOf } from './picture.ts';
import { UmapOptions } from './UmapOptions.tsx';

const METHODS: readonly { readonly value: Method; readonly label: string }[] = [
  { value: 'pca', label: 'PCA' },
  { value: 'umap', label: 'UMAP' },
];
const MODES: readonly { readonly value: ColourMode; readonly label: string }[] = [
  { value: 'class', label: 'Class' },
  { value: 'prediction', label: 'Prediction' },
  { value: 'error', label: 'Error' },
  { value: 'confidence', label: 'Confidence' },
];

/** The picture of an embedding, its choices, and the nodes nearest to the one that is pinned. */
export function EmbeddingPicture({ read }: { read: ReadEmbedding }) {
  const { graph, told } = read;
  const picture = useEmbedding((state) => state.picture);
  const method = useEmbedding((state) => state.method);
  const metric = useEmbedding((state) => state.metric);
  const near = useEmbedding((state) => state.near);
  const pinned = usePage((state) => state.pinned?.node ?? null);
  const [mode, setMode] = useState<ColourMode>('class');
  const [highlight, setHighlight] = useState<number | null>(null);

  useEffect(() => void findNear(pinned, read, metric), [pinned, metric, read]);
  const shownNear = near?.node === pinned ? near : null;
  const marked = useMemo(() => {
    if (!shownNear) return null;
    const nodes = new Uint8Array(graph.info.nodes);
    for (const node of [shownNear.node, ...shownNear.list.map((each) => each.node)]) nodes[node] = 1;
    return nodes;
  }, [shownNear, graph]);
  useEffect(() => {
    mark(graph.positions ? marked : null);
    return () => mark(null);
  }, [marked, graph]);

  const drawn = useMemo(() => picture && picturedGraph(graph, told, picture.positions), [graph, told, picture]);
  const front = useMemo(
    () => marked && (told.nodes ? Uint8Array.from(told.nodes, (node) => marked[node]) : marked),
    [marked, told],
  );
  const split = graph.positions ? read.split : 0;
  const several = graph.info.multiLabel && !graph.positions;
  const look = (place: number | null) => {
    if (place === null) unpin();
    else pin(told.nodes?.[place] ?? place).catch(tellError);
  };
  return (
    <>
      <Earlier read={read} />
      <header className={classes.head}>
        <LayerField read={read} />
        <SegmentedControl
          size="xs"
          aria-label="Kind of picture"
          value={method}
          onChange={(value) => choose({ method: value as Method })}
          data={[...METHODS]}
        />
        {method === 'umap' && <UmapOptions />}
        <SegmentedControl
          size="xs"
          aria-label="Colour the points by"
          value={mode}
          onChange={(value) => setMode(value as ColourMode)}
          data={MODES.filter(({ value }) => value !== 'error' || !several)}
        />
        {picture && <Downloads read={read} picture={picture} />}
      </header>
      <div className={classes.body}>
        <div className={classes.main}>
          <div className={classes.picture}>
            <div className={classes.over}>
              <Doing />
            </div>
            {drawn && (
              <GraphCanvas
                key={`${picture!.made.method} ${told.layer}`}
                graph={drawn}
                degrees={told.degrees}
                title={`Embedding of ${graph.info.name}`}
                predictions={told.predicted}
                confidence={told.confidence}
                mode={mode}
                split={split}
                highlight={highlight ?? front}
                pinned={placeOf(told, pinned)}
                onPin={look}
              />
            )}
          </div>
          {picture && <Caption read={read} picture={picture} />}
        </div>
        <div className={classes.side}>
          <NearestNodes read={read} pinned={pinned} near={shownNear} />
          {drawn && !graph.positions && (
            <ClassLegend
              graph={drawn}
              predictions={told.predicted}
              split={split}
              coloured={mode === 'class' || mode === 'prediction'}
              onHighlight={setHighlight}
            />
          )}
        </div>
      </div>
    </>
  );
}

/** The picture is not of the run whose curve is on show. */
function Earlier({ read }: { read: ReadEmbedding }) {
  const run = usePage((state) => state.run);
  const busy = usePage(isBusy);
  if (!run || (run.id === read.run && !isActive(run))) return null;
  if (isActive(run)) {
    return (
      <p className={classes.note}>
        This is the embedding of run {read.run}; that of the run that goes on can be computed when it is done.
      </p>
    );
  }
  return (
    <p className={classes.note}>
      This is the embedding of run {read.run}; the model at hand is that of run {run.id}.{' '}
      <Button size="compact-xs" variant="default" disabled={busy} onClick={() => void compute('embedding')}>
        Compute that
      </Button>
    </p>
  );
}

function Caption({ read: { graph, told }, picture: { made, explained } }: { read: ReadEmbedding; picture: Picture }) {
  const shown = told.labels.length;
  const { nodes } = graph.info;
  const sample = told.nodes ? ` ${formatCount(shown)} of ${formatCount(nodes)} nodes, drawn at random.` : '';
  if (explained) {
    const [first, second] = explained;
    return (
      <p className={classes.caption}>
        The first two principal components of {formatCount(told.cols)} columns hold {formatPercent(first + second)} of
        the variance: {formatPercent(first)} across, {formatPercent(second)} upwards.{sample}
      </p>
    );
  }
  return (
    <p className={classes.caption}>
      UMAP of {formatCount(told.cols)} columns, {made.neighbours} neighbours by{' '}
      {made.metric === 'cosine' ? 'the cosine' : 'Euclidean'} distance, at least {made.minDist} apart. Who is beside
      whom means something; how far groups lie apart does not.{sample}
    </p>
  );
}
