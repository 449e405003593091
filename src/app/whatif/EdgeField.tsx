import { Button, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import type { GraphView, NodeView } from '../../worker/protocol.ts';
import { alike } from '../inspect/PinField.tsx';
import { addEdge } from '../state/whatIfActions.ts';
import classes from './WhatIf.module.css';

/** Another end for an edge of the pinned node, by its name or number. */
export function EdgeField({ graph, node }: { graph: GraphView; node: NodeView }) {
  const list = useId();
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);
  const add = async () => {
    if (text.trim() === '') return;
    try {
      await addEdge(text, node);
      setText('');
    } catch (refused) {
      setError((refused as Error).message);
    }
  };
  return (
    <form
      className={classes.field}
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <TextInput
        label={node.directed ? 'Add an edge from' : 'Add an edge to'}
        list={list}
        size="xs"
        placeholder={graph.nodeIds || graph.positions === null ? 'name or number' : 'number'}
        value={text}
        error={error}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(null);
        }}
      />
      <datalist id={list}>
        {alike(graph.nodeIds, text).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Button type="submit" size="compact-sm" variant="default" disabled={text.trim() === ''}>
        Add
      </Button>
    </form>
  );
}
