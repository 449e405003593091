import { useEffect, useState } from 'react';
import type { NodeView, Repredicted } from '../../worker/protocol.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { type NamedEdit, repredict } from '../state/whatIfActions.ts';

/** What the model of the last run says of the pinned node, of the graph as it is edited. */
export interface WhatIfView {
  /** Whether there is a model to ask. */
  readonly ready: boolean;
  readonly edits: readonly NamedEdit[];
  /** The last one about this node; null while nobody has asked. */
  readonly answer: Repredicted | null;
  /** Whether that was about an edited graph. */
  readonly answered: boolean;
}

interface Told {
  readonly node: number;
  readonly run: number;
  readonly edits: readonly NamedEdit[];
  readonly answer: Repredicted;
}

const ATTENTIVE: readonly string[] = ['gat', 'gatv2'];

export function useWhatIf({ node }: NodeView): WhatIfView {
  const edits = usePage((state) => state.edits);
  const model = usePage(({ run }) => (run?.status === 'done' ? run : null));
  const busy = usePage(isBusy);
  const ready = model !== null && !busy;
  const asks = ready && (edits.length > 0 || ATTENTIVE.includes(model.config['model.kind']));
  const [told, setTold] = useState<Told | null>(null);
  const run = model?.id ?? 0;
  useEffect(() => {
    if (!asks) return setTold(null);
    let current = true;
    repredict(edits, node).then((answer) => current && setTold({ node, run, edits, answer }), tellError);
    return () => {
      current = false;
    };
  }, [asks, edits, node, run]);
  const known = told?.node === node && told.run === run ? told : null;
  return { ready, edits, answer: known?.answer ?? null, answered: known !== null && known.edits.length > 0 };
}
