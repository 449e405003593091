import { RUN_SCHEMA } from '../run/record.ts';
import { checkTrainable } from '../train/check.ts';
import type { Invocation } from './args.ts';
import { openBackend } from './backend.ts';
import { describeGraph, loadGraph } from './data.ts';
import { loadEngine } from './engine.ts';
import { formatMemory, formatSettings, say } from './output.ts';
import { describePreset, prepare } from './prepare.ts';

/** `edgewise forecast`: the memory that `train` with the same arguments will create, without training. */
export async function forecast(invocation: Invocation): Promise<void> {
  const prepared = prepare(invocation);
  const { config, source } = prepared;
  const graph = await loadGraph(source);
  checkTrainable(graph, config);
  const dataset = await describeGraph(graph);
  const { backend, description, close } = await openBackend(invocation.backend);
  try {
    const engine = await loadEngine();
    const { fitted, memory } = await engine.forecast({ graph, config, backend, fit: invocation.fit });
    if (invocation.json) {
      say(JSON.stringify({ schema: RUN_SCHEMA, config, fitted, dataset, memory: { forecast: memory } }));
      return;
    }
    say(describePreset(prepared));
    say(`on ${description}`);
    if (Object.keys(fitted).length > 0) say(`fitted: ${formatSettings(fitted)}`);
    say(`memory forecast: ${formatMemory(memory)}`);
  } finally {
    close();
  }
}
