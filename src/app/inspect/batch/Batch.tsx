import { Button, TextInput } from '@mantine/core';
import { useEffect, useId, useMemo, useState } from 'react';
import type { BlocksView, GraphView } from '../../../worker/protocol.ts';
import { Help } from '../../glossary/Help.tsx';
import { nodeName } from '../../graph/nodeText.ts';
import { setValue } from '../../state/planActions.ts';
import { isActive } from '../../state/run.ts';
import { blocks } from '../../state/sampleActions.ts';
import { usePage } from '../../state/store.ts';
import { formatBytes, formatCount } from '../../theme/format.ts';
import tables from '../Tables.module.css';
import classes from './Batch.module.css';
import { BatchPicture } from './BatchPicture.tsx';

/** What a training step touches for one seed: the sampled blocks, hop by hop. */
export function Batch() {
  const graph = usePage((state) => state.graph);
  const node = usePage((state) => state.pinned?.node ?? null);
  const active = usePage((state) => isActive(state.run));
  const forecast = usePage(({ run, forecast }) => (isActive(run) ? (run.forecast ?? forecast) : forecast));
  /** As it runs: with what was fitted. */
  const config = useMemo(() => forecast && { ...forecast.config, ...forecast.fitted }, [forecast]);
  const [epoch, setEpoch] = useState(1);
  const [view, setView] = useState<BlocksView | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const samples = config !== null && config['sampling.strategy'] !== 'full';
  useEffect(() => {
    if (!graph || !config || !samples) return;
    let current = true;
    const show = (shown: BlocksView | null, error: string | null) => {
      if (!current) return;
      setView(shown);
      setRefusal(error);
    };
    blocks({ config, node, epoch }).then(
      (shown) => show(shown, null),
      (error: Error) => show(null, error.message),
    );
    return () => {
      current = false;
    };
  }, [graph, config, samples, node, epoch]);
  if (!graph || !config) return null;
  if (!samples) {
    return (
      <div className={classes.empty}>
        <p>
          This run takes the whole graph in every step, so a step touches all of it. With sampling, a step takes a batch
          of seed nodes and draws a few neighbours of each: this is where you see which.
        </p>
        <Button
          size="compact-sm"
          variant="default"
          disabled={active}
          onClick={() => setValue('sampling.strategy', 'neighbor')}
        >
          Sample neighbours
        </Button>
      </div>
    );
  }
  if (refusal !== null) return <p className={classes.empty}>{refusal}</p>;
  if (!view) return <p className={classes.empty}>Drawing the neighbours</p>;
  return (
    <section className={classes.panel} aria-label="Batch">
      <header className={classes.head}>
        <EpochField epoch={epoch} onChange={setEpoch} />
        <Title view={view} pinned={node !== null} />
      </header>
      <div className={classes.parts}>
        <BatchPicture graph={graph} view={view} />
        <Account graph={graph} view={view} />
      </div>
    </section>
  );
}

function EpochField({ epoch, onChange }: { epoch: number; onChange: (epoch: number) => void }) {
  const id = useId();
  const [text, setText] = useState(String(epoch));
  const commit = () => {
    const wanted = Number(text);
    if (!Number.isSafeInteger(wanted) || wanted < 1) return setText(String(epoch));
    onChange(wanted);
  };
  return (
    <div className={classes.epoch}>
      <label htmlFor={id}>Epoch</label>
      <TextInput
        id={id}
        size="xs"
        inputMode="numeric"
        value={text}
        autoComplete="off"
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(String(epoch));
        }}
      />
    </div>
  );
}

function Title({ view, pinned }: { view: BlocksView; pinned: boolean }) {
  const { step, stepsPerEpoch, batchSeeds, columns } = view;
  const seed = columns[0].nodes[0];
  const others = batchSeeds === null ? 0 : batchSeeds - 1;
  return (
    <p>
      What step {formatCount(step)} of {formatCount(stepsPerEpoch)} draws for the seed{' '}
      <b>{nodeName(seed.name, seed.node)}</b>
      {batchSeeds === null
        ? ', which does not train the model: as if it were in that step’s batch.'
        : `, one of the ${formatCount(others + 1)} in its batch.`}
      {!pinned && ' Pin another node to look at that one.'}
    </p>
  );
}

function Account({ graph, view }: { graph: GraphView; view: BlocksView }) {
  const { hops, features, chunks } = view;
  const missing = hops.some((hop) => hop.missing > 0);
  const nodes = 1 + hops.reduce((sum, { added }) => sum + added, 0);
  const edges = hops.reduce((sum, hop) => sum + hop.edges - hop.missing, 0);
  return (
    <div className={classes.account}>
      <h3>
        Hop by hop
        <Help about="the hops">
          At every hop each node that is there draws neighbours, up to the fan-out. An edge to a node that is there
          already adds no row: each node is gathered once, however many edges lead to it. Other seeds of the batch share
          rows in the same way. Which neighbours are drawn depends on the seed of the run, the step, the hop and the
          node, so training draws exactly these.
        </Help>
      </h3>
      <table className={tables.table}>
        <thead>
          <tr>
            <th scope="col">hop</th>
            {['fan-out', 'nodes that draw', 'edges drawn', 'new nodes', 'already there'].map((title) => (
              <th key={title} scope="col" className={tables.number}>
                {title}
              </th>
            ))}
            {missing && (
              <th scope="col" className={tables.number}>
                edges dropped
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {hops.map((hop, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a hop is its index
            <tr key={index}>
              <th scope="row">{index + 1}</th>
              <td className={tables.number}>{hop.fanOut < 0 ? 'all' : formatCount(hop.fanOut)}</td>
              {[hop.targets, hop.edges, hop.added, hop.edges - hop.added].map((count, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns are never reordered
                <td key={i} className={tables.number}>
                  {formatCount(count)}
                </td>
              ))}
              {missing && <td className={tables.number}>{formatCount(hop.missing)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      <dl className={classes.facts}>
        <div>
          <dt>nodes</dt>
          <dd>
            {formatCount(nodes)} of {formatCount(graph.info.nodes)}
          </dd>
        </div>
        <div>
          <dt>edges</dt>
          <dd>{formatCount(edges)}</dd>
        </div>
        <div>
          <dt>features gathered</dt>
          <dd>
            {formatCount(features.rows)} {features.rows === 1 ? 'row' : 'rows'}, {formatBytes(features.bytes)}
          </dd>
        </div>
        <div>
          <dt>read from</dt>
          <dd>
            {chunks
              ? `${chunkText(chunks.neighbors, 'neighbours')}, ${chunkText(chunks.features, 'features')}`
              : 'main memory'}
          </dd>
        </div>
      </dl>
    </div>
  );
}

const chunkText = ({ touched, of }: { readonly touched: number; readonly of: number }, what: string) =>
  `${formatCount(touched)} of ${formatCount(of)} chunks of ${what}`;
