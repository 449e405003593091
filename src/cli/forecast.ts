import { type DatasetInfo, type MemoryBytes, RUN_SCHEMA } from '../run/record.ts';
import { checkTrainable } from '../train/check.ts';
import type { Fit } from '../train/fit.ts';
import type { Passes } from '../train/session.ts';
import type { Invocation } from './args.ts';
import { openBackend } from './backend.ts';
import { keepingInstruments } from './checkpoint.ts';
import { openData } from './data.ts';
import { loadEngine } from './engine.ts';
import { formatMemory, formatSettings, say, warn } from './output.ts';
import { describePreset, forGraph, prepare } from './prepare.ts';

/** `edgewise forecast`: the memory that `train` with the same arguments will create, without training. */
export async function forecast(invocation: Invocation): Promise<void> {
  const { data, lines } = await foresee(invocation);
  if (invocation.json) say(JSON.stringify(data));
  else for (const line of lines) say(line);
}

/** A run that is planned and not carried out: for machines, in words, and the plan itself. */
export interface Foreseen {
  readonly data: {
    readonly schema: typeof RUN_SCHEMA;
    readonly config: Fit['asked'];
    readonly fitted: Fit['fitted'];
    readonly dataset: DatasetInfo;
    readonly memory: { readonly forecast: MemoryBytes };
  };
  readonly lines: readonly string[];
  readonly plan: Fit['forecast']['plan'];
  /** The same with each of the changes asked for. */
  readonly variants: readonly Fit['forecast']['plan'][];
}

/** What `train` with the same arguments would do. */
export async function foresee(invocation: Invocation, changes: readonly Passes[] = []): Promise<Foreseen> {
  const asked = prepare(invocation);
  const { graph, dataset, place } = await openData(asked.source, asked.config, invocation.read);
  const prepared = forGraph(asked, graph);
  const { config } = prepared;
  checkTrainable(graph, config);
  const { backend, description, close } = await openBackend(invocation.backend);
  try {
    const engine = await loadEngine();
    const instruments = invocation.checkpoint === undefined ? {} : keepingInstruments(config);
    const job = { graph, backend, instruments, store: place?.store };
    const found = await engine.forecast({ ...job, config, fit: invocation.fit });
    const { fitted, memory } = found;
    for (const note of found.notes) warn(note);
    const variants = await Promise.all(changes.map((passes) => engine.planWith(job, found, passes)));
    return {
      data: { schema: RUN_SCHEMA, config, fitted, dataset, memory: { forecast: memory } },
      lines: [
        describePreset(prepared),
        `on ${description}`,
        ...(Object.keys(fitted).length > 0 ? [`fitted: ${formatSettings(fitted)}`] : []),
        `memory forecast: ${formatMemory(memory)}`,
      ],
      plan: found.forecast.plan,
      variants,
    };
  } finally {
    close();
  }
}
