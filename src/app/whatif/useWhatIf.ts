import { useEffect, useState } from 'react';
import type { NodeView, Repredicted } from '../../worker/protocol.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { type NamedEdit, repredict } from '../state/whatIfActions.ts';

/** What the trained model says of the pinned node, of the graph as it is edited. */
export interface WhatIfView {
  /** Whether there is a model to ask. */
  readonly ready: boolean;
  readonly edits: readonly NamedEdit[];
  /** The last one about this node; null while nobody has asked. */
  readonly answer: Repredicted | null;
  /** Whether that was about an edited graph. */
  readonly answered: boolean;
  /** Why there is no answer about this node, in words. */
  readonly refused: string | null;
}

interface Told {
  readonly node: number;
  readonly run: number;
  readonly edits: readonly NamedEdit[];
  readonly answer: Repredicted | null;
  readonly refused: string | null;
}

const ATTENTIVE: readonly string[] = ['gat', 'gatv2'];

export function useWhatIf({ node }: NodeView): WhatIfView {
  const edits = usePage((state) => state.edits);
  const model = usePage(({ run }) => (run?.status === 'done' ? run : null));
  const busy = usePage(isBusy);
  const ready = model !== null && !busy;
  // Of a graph that is not drawn nobody has collected what the run said of single nodes.
  const drawn = usePage(({ graph }) => graph?.positions !== null);
  const asks = ready && (edits.length > 0 || !drawn || ATTENTIVE.includes(model.config['model.kind']));
  const [told, setTold] = useState<Told | null>(null);
  const run = model?.id ?? 0;
  useEffect(() => {
    if (!asks) return setTold(null);
    let current = true;
    const tell = (said: Pick<Told, 'answer' | 'refused'>) => current && setTold({ node, run, edits, ...said });
    repredict(edits, node).then(
      (answer) => tell({ answer, refused: null }),
      (error) => {
        if (error.name === 'InputError') tell({ answer: null, refused: error.message });
        else tellError(error);
      },
    );
    return () => {
      current = false;
    };
  }, [asks, edits, node, run]);
  const known = told?.node === node && told.run === run ? told : null;
  const { answer = null, refused = null } = known ?? {};
  return { ready, edits, answer, answered: answer !== null && known!.edits.length > 0, refused };
}
