import { NativeSelect } from '@mantine/core';
import type { LayerChoice } from '../../worker/protocol.ts';
import { Help } from '../glossary/Help.tsx';
import { isBusy, usePage } from '../state/store.ts';
import classes from './Embeddings.module.css';
import { compute, type ReadEmbedding } from './embeddingActions.ts';

/** Which layer is on show: choosing another has the model evaluated up to there. */
export function LayerField({ read: { told, run } }: { read: ReadEmbedding }) {
  const busy = usePage(isBusy);
  // The worker has the model of one run at a time.
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
