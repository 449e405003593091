import { Button, NativeSelect, Progress, SegmentedControl } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import type { LayerChoice } from '../../worker/protocol.ts';
import { Help } from '../glossary/Help.tsx';
import { ClassLegend } from '../graph/ClassLegend.tsx';
import { GraphCanvas } from '../graph/GraphCanvas.tsx';
import type { ColourMode } from '../graph/nodePaint.ts';
import { csvText } from '../inspect/csv.ts';
import { saveFile } from '../inspect/saveFile.ts';
import { mark, pin, unpin } from '../state/inspectActions.ts';
import { isActive } from '../state/run.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './Embeddings.module.css';
import {
  choose,
  compute,
  findNear,
  giveUp,
  type Method,
  type Picture,
  type ReadEmbedding,
  useEmbedding,
} from './embeddingActions.ts';
import { NearestNodes } from './NearestNodes.tsx';
import { picturedGraph, pictureRows, placeOf } from './picture.ts';
import { npy } from './projector.ts';
import { UmapOptions } from './UmapOptions.tsx';

/** What a layer of the trained model makes of each node, as a picture, and which nodes it puts next to each other. */
export function Embeddings() {
  const graph = usePage((state) => state.graph);
  const run = usePage((state) => state.run);
  const read = useEmbedding((state) => state.read);
  const doing = useEmbedding((state) => state.doing);
  const busy = usePage(isBusy);
  const done = run?.status === 'done';
  // A graph that is drawn is evaluated in a moment: what was asked for by opening the tab need not be asked for again.
  const atOnce = done && !read && graph !== null && graph.positions !== null;
  useEffect(() => {
    if (atOnce) void compute('embedding');
  }, [atOnce]);
  if (!graph) return null;
  return (
    <section className={classes.panel} aria-label="Embeddings">
      {read ? (
        <Shown read={read} />
      ) : (
        !doing && (
          <div className={classes.empty}>
            <p>
              {done
                ? 'What the hidden layers of the trained model make of every node is computed when it is asked for.'
                : 'Press Train: what the hidden layers make of each node is shown here when a run is done.'}
            </p>
            {done && (
              <Button size="xs" variant="default" disabled={busy} onClick={() => void compute('embedding')}>
                Compute the embedding
              </Button>
            )}
          </div>
        )
      )}
      <Doing />
    </section>
  );
}

/** What is going on; always there, so that it is read out. */
function Doing() {
  const doing = useEmbedding((state) => state.doing);
  return (
    <div className={classes.doing} role="status">
      {doing && (
        <>
          <span>
            {doing.task}
            {doing.share !== null && ` ${formatPercent(doing.share)}`}
          </span>
          <Progress
            className={classes.bar}
            size="xs"
            aria-label={doing.task}
            animated={doing.share === null}
            value={doing.share === null ? 100 : 100 * doing.share}
          />
          <Button size="compact-xs" variant="default" onClick={giveUp}>
            Cancel
          </Button>
        </>
      )}
    </div>
  );
}

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

function Shown({ read }: { read: ReadEmbedding }) {
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
        <Layer read={read} />
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
      This is the embedding of run {read.run}, an earlier one.{' '}
      <Button size="compact-xs" variant="default" disabled={busy} onClick={() => void compute('embedding')}>
        Compute it again
      </Button>
    </p>
  );
}

function Layer({ read: { told, run } }: { read: ReadEmbedding }) {
  const busy = usePage(isBusy);
  // The worker keeps the model of the last run alone.
  const gone = usePage((state) => state.run?.status === 'done' && state.run.id !== run);
  const last = told.hops.length - 1;
  const options = told.hops.map((hops, i) => ({
    value: String(i),
    label: `Hidden layer ${i + 1}${i === last ? ', the embedding' : ''} · ${hops === 1 ? '1 hop' : `${hops} hops`}`,
  }));
  return (
    <div className={classes.layer}>
      <NativeSelect
        size="xs"
        aria-label="Layer"
        disabled={busy || gone}
        value={told.layer === null ? 'logits' : String(told.layer)}
        onChange={({ currentTarget: { value } }) => {
          void compute((value === 'logits' ? value : Number(value)) as LayerChoice);
        }}
        data={[...options, { value: 'logits', label: 'Logits' }]}
      />
      <Help about="the embedding">
        A layer gives each node a list of numbers. The embedding is the last such list before the layer that makes the
        logits: nodes that the model treats alike are near to each other in it. Hops say how far a layer has seen into
        the graph.
      </Help>
    </div>
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

function Downloads({ read, picture }: { read: ReadEmbedding; picture: Picture }) {
  const { graph, told } = read;
  const layer = told.layer === null ? 'logits' : `layer-${told.layer + 1}`;
  const table = () => {
    const text = csvText(pictureRows(graph, told, picture.positions));
    saveFile(`${graph.info.name}-${layer}-${picture.made.method}.csv`, text, 'text/csv');
  };
  const rows = () =>
    npy().then((bytes) => saveFile(`${graph.info.name}-${layer}.npy`, bytes, 'application/octet-stream'), tellError);
  return (
    <div className={classes.downloads}>
      {(
        [
          ['CSV', 'Download the picture as CSV', 'A row for each node: name, label, prediction, x, y', table],
          ['npy', 'Download the embedding as npy', `${formatCount(told.cols)} numbers for each node, for NumPy`, rows],
        ] as const
      ).map(([text, label, title, act]) => (
        <Button
          key={text}
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-label={label}
          title={title}
          leftSection={<Icon name="down" />}
          onClick={() => void act()}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}
