import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { pin, unpin } from '../state/inspectActions.ts';
import { usePage } from '../state/store.ts';
import classes from './PinField.module.css';

/** Finds a node by its name or number. */
export function PinField() {
  const names = usePage((state) => state.graph?.nodeIds ?? null);
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
      <label htmlFor="pin-node">Look at node</label>
      <TextInput
        id="pin-node"
        size="xs"
        placeholder={names ? 'name or number' : 'number'}
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
    </div>
  );
}
