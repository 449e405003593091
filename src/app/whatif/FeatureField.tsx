import { Button, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import type { GraphView, NodeView } from '../../worker/protocol.ts';
import { alike } from '../inspect/PinField.tsx';
import { setFeature } from '../state/whatIfActions.ts';
import classes from './WhatIf.module.css';

/** Another value for a feature of the pinned node, by the feature's name or number. */
export function FeatureField({ graph, node }: { graph: GraphView; node: NodeView }) {
  const list = useId();
  const [which, setWhich] = useState('');
  const [value, setValue] = useState('1');
  const [error, setError] = useState<string | null>(null);
  const number = value.trim() === '' ? Number.NaN : Number(value);
  const apply = async () => {
    if (which.trim() === '') return;
    try {
      if (!Number.isFinite(number)) throw new Error(`"${value.slice(0, 40)}" is not a number: type one, such as 0.5.`);
      await setFeature(which, number, node);
      setWhich('');
    } catch (refused) {
      setError((refused as Error).message);
    }
  };
  return (
    <form
      className={classes.field}
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <TextInput
        label="Set feature"
        list={list}
        size="xs"
        placeholder={graph.featureNames ? 'name or number' : 'number'}
        value={which}
        error={error}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        onChange={(event) => {
          setWhich(event.currentTarget.value);
          setError(null);
        }}
      />
      <datalist id={list}>
        {alike(graph.featureNames, which).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <TextInput
        className={classes.value}
        label="to"
        size="xs"
        inputMode="decimal"
        value={value}
        onChange={(event) => {
          setValue(event.currentTarget.value);
          setError(null);
        }}
      />
      <Button type="submit" size="compact-sm" variant="default" disabled={which.trim() === ''}>
        Set
      </Button>
    </form>
  );
}
