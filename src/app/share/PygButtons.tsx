import { Button } from '@mantine/core';
import { useState } from 'react';
import { fileNames, type PygRun, publicSource } from '../../run/pyg/source.ts';
import type { GraphView } from '../../worker/protocol.ts';
import { saveFile } from '../inspect/saveFile.ts';
import type { KeptRun } from '../runs/keptRuns.ts';
import { answered, trainer } from '../state/engine.ts';
import { tellError, usePage } from '../state/store.ts';
import { copyText } from './copyText.ts';
import classes from './Share.module.css';

/** A run as a script for PyTorch Geometric, and the graph that the script reads, where PyTorch Geometric does not have it. */
export function PygButtons({ run }: { readonly run: KeptRun }) {
  const graph = usePage((state) => state.graph);
  const [told, setTold] = useState('');
  const pyg = pygRun(run, graph);
  const file = pyg && 'file' in pyg.source ? fileNames(pyg.dataset, pyg.config).graph : null;
  const copy = async () => {
    if (!pyg) return;
    const { pygScript } = await import('../../run/pyg/script.ts');
    const text = pygScript(pyg);
    const beside = file ? ` Save ${file} beside it.` : '';
    // A page without the permission offers the script as a file.
    const copied = await copyText(text);
    if (!copied) saveFile(fileNames(pyg.dataset, pyg.config).script, text, 'text/x-python');
    setTold(`Script ${copied ? 'copied' : 'saved'}.${beside}`);
  };
  const download = async () => {
    if (file) saveFile(file, await answered(trainer.exportGraph()), 'application/octet-stream');
  };
  return (
    <>
      <p>The same run in PyTorch Geometric, as a Python script: model, data, sampling and settings.</p>
      <div className={classes.actions}>
        <Button
          size="compact-xs"
          variant="default"
          disabled={!pyg}
          title={pyg ? undefined : 'Its graph is not open, or too large for the page: edgewise export --pyg'}
          onClick={() => void copy().catch(tellError)}
        >
          Copy as PyG
        </Button>
        {file && (
          <Button size="compact-xs" variant="default" onClick={() => void download().catch(tellError)}>
            Download graph as .npz
          </Button>
        )}
      </div>
      <p role="status">{told}</p>
    </>
  );
}

/** Null where nothing tells how the graph of the run would be written: it is not the one that is open, or stays on disk. */
function pygRun({ record, catalogueId }: KeptRun, graph: GraphView | null): PygRun | null {
  const { dataset, events } = record;
  const file = graph?.info.fingerprint === dataset.fingerprint ? graph.layout : null;
  const source = publicSource(catalogueId) ?? (file && { file });
  return source && { config: { ...record.config, ...record.fitted }, dataset, events, source };
}
