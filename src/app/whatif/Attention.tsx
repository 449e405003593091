import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { NodeAttention } from '../../worker/protocol.ts';
import { formatPercent } from '../theme/format.ts';
import classes from './WhatIf.module.css';

/** What of a node's attention is shown: a layer, and one of its heads or their mean. */
export interface AttentionChoice {
  /** From 0; clipped to the last. */
  readonly layer: number;
  /** From 0; null for the mean. */
  readonly head: number | null;
}

/** Attention by neighbour, and the field that chooses whose; both empty where the model has none. */
export function useAttention(attention: NodeAttention | null) {
  const [choice, setChoice] = useState<AttentionChoice>({ layer: Number.POSITIVE_INFINITY, head: null });
  if (!attention) return { shares: null, field: null };
  const layer = Math.min(choice.layer, attention.layers.length - 1);
  const head = choice.head !== null && choice.head < attention.layers[layer].heads ? choice.head : null;
  const options = attention.layers.flatMap(({ heads }, i) => {
    const name = `layer ${i + 1}`;
    if (heads === 1) return [{ value: `${i}`, label: name }];
    const each = Array.from({ length: heads }, (_, h) => ({ value: `${i} ${h}`, label: `${name}, head ${h + 1}` }));
    return [{ value: `${i}`, label: `${name}, mean of ${heads} heads` }, ...each];
  });
  const field = (
    <NativeSelect
      className={classes.select}
      label="Attention"
      size="xs"
      value={head === null ? `${layer}` : `${layer} ${head}`}
      data={options}
      onChange={(event) => {
        const [chosen, one] = event.currentTarget.value.split(' ').map(Number);
        setChoice({ layer: chosen, head: one ?? null });
      }}
    />
  );
  return { shares: attentionShares(attention, { layer, head }), field };
}

/** How much of a node's attention goes to each neighbour, and to itself; adds up to 1. */
function attentionShares({ sources, layers }: NodeAttention, { layer, head }: AttentionChoice) {
  const { heads, weights } = layers[layer];
  const shares = new Map<number, number>();
  for (const [i, source] of sources.entries()) {
    const row = weights.subarray(i * heads, (i + 1) * heads);
    shares.set(source, head === null ? row.reduce((sum, weight) => sum + weight, 0) / heads : row[head]);
  }
  return shares;
}

/** As long as it is large beside the largest; what it is, in figures. */
export function AttentionBar({ share, largest }: { share: number | undefined; largest: number }) {
  if (share === undefined) return <span className={classes.attention} />;
  return (
    <span className={classes.attention}>
      <span className={classes.bar} aria-hidden="true">
        <span style={{ width: `${(100 * share) / largest}%` }} />
      </span>
      <span className={classes.share}>{formatPercent(share)}</span>
    </span>
  );
}
