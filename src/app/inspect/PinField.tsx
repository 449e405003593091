import { TextInput, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { nodeName } from '../graph/nodeText.ts';
import { pin, unpin } from '../state/inspectActions.ts';
import { usePage } from '../state/store.ts';
import classes from './PinField.module.css';

/** Id of the field, which the focus goes to when a pinned node is let go. */
export const PIN_FIELD = 'pin-node';

/** Finds a node by its name or number, and tells which is pinned. */
export function PinField() {
  const names = usePage((state) => state.graph?.nodeIds ?? null);
  // The names of a graph that is not drawn are with the worker, if there are any.
  const numbered = usePage(({ graph }) => graph !== null && graph.positions !== null && graph.nodeIds === null);
  const pinned = usePage((state) => state.pinned);
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);
  const find = async () => {
    if (text.trim() === '') return;
    try {
      await pin(text);
      setError(null);
    } catch (refused) {
      setError((refused as Error).message);
    }
  };
  return (
    <div className={classes.field}>
      <label htmlFor={PIN_FIELD}>Look at node</label>
      <TextInput
        id={PIN_FIELD}
        list="pin-names"
        size="xs"
        placeholder={numbered ? 'number' : 'name or number'}
        value={text}
        error={error}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        enterKeyHint="search"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(null);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void find();
          if (event.key === 'Escape') unpin();
        }}
      />
      <datalist id="pin-names">
        {alike(names, text).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {/* Always there: what appears together with its text is not read out. */}
      <VisuallyHidden role="status">{pinned && `Pinned ${nodeName(pinned.name, pinned.node)}.`}</VisuallyHidden>
    </div>
  );
}

const MOST = 8;

/** Names that begin with the text, then names that have it somewhere. */
export function alike(names: readonly string[] | null, text: string): string[] {
  const wanted = text.trim().toLowerCase();
  if (!names || wanted.length < 2) return [];
  const found = names.filter((name) => name.toLowerCase().includes(wanted));
  const begins = (name: string) => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return [...new Set(found.sort((a, b) => begins(a) - begins(b)))].slice(0, MOST);
}
