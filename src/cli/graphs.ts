import { existsSync } from 'node:fs';
import { InputError } from '../config/errors.ts';
import { nearest, quote } from '../config/parse.ts';
import { ingest, manifestBytes } from '../store/ingest.ts';
import { deleteGraph, listGraphs, orderingOf } from '../store/manifest.ts';
import type { Invocation } from './args.ts';
import { checkChoices, findData, loadGraph } from './data.ts';
import { isKept, keepShape, openKept } from './keptGraphs.ts';
import { formatBytes, formatCount, printable, say } from './output.ts';

/** `edgewise graphs`: the graphs that are kept on disk; `graphs add NAME --data …` keeps one, `graphs delete NAME` forgets one. */
export async function graphs(invocation: Invocation): Promise<void> {
  const [action = 'list', id, ...more] = invocation.positionals;
  const run = ACTIONS[action as keyof typeof ACTIONS];
  if (!run || !Object.hasOwn(ACTIONS, action)) {
    const near = nearest(action, Object.keys(ACTIONS));
    throw new InputError(
      `graphs: unknown action ${quote(action)}: ${near ? `did you mean ${near}?` : `use ${Object.keys(ACTIONS).join(', ')}.`}`,
    );
  }
  if (more.length > 0) throw new InputError(`graphs: ${quote(more[0])} is one argument too many; name one graph.`);
  await run(invocation, id);
}

const ACTIONS = { list, add, delete: forget } as const;

async function list({ json }: Invocation): Promise<void> {
  const { store } = await openKept();
  const found = await listGraphs(store);
  const rows = found.map(({ id, manifest }) => ({
    id,
    name: manifest?.name ?? null,
    nodes: manifest?.nodes ?? null,
    edges: manifest?.edges ?? null,
    features: manifest?.tables.features.cols ?? null,
    bytes: manifest && manifestBytes(manifest),
    order: manifest && orderingOf(manifest),
    fingerprint: manifest?.fingerprint ?? null,
  }));
  if (json) return say(JSON.stringify(rows));
  if (rows.length === 0) return say('no graphs are kept: edgewise graphs add NAME --data FILE keeps one');
  for (const row of rows) {
    if (row.bytes === null) say(`${row.id}  damaged: edgewise graphs delete ${row.id}`);
    else {
      const order = row.order === 'none' ? '' : `, order ${row.order ?? 'not noted'}`;
      say(
        `${row.id}  ${formatCount(row.nodes!)} nodes, ${formatCount(row.edges!)} edges, ${formatCount(row.features!)} features, ` +
          `${formatBytes(row.bytes)}${order}, fingerprint ${row.fingerprint!.slice(0, 12)}${row.name === row.id ? '' : `, ${printable(row.name!)}`}`,
      );
    }
  }
}

async function add({ data, read, order: ordering }: Invocation, id: string | undefined): Promise<void> {
  if (id === undefined) throw new InputError('graphs add: give the graph a name of a-z, 0-9, _ and -.');
  if (!/^[a-z0-9_-]{1,64}$/.test(id)) {
    throw new InputError(`graphs add: a name cannot be ${quote(id)}: use 1 to 64 of a-z, 0-9, _ and -.`);
  }
  if (isKept(id))
    throw new InputError(`graphs add: ${id} is kept already: edgewise graphs delete ${id}, or take another name.`);
  if (existsSync(id))
    throw new InputError(`graphs add: ${id} is a file here, which --data would mean: take another name.`);
  const source = findData(data);
  if (source.kind === 'kept') throw new InputError(`graphs add: ${source.id} is kept already, under that name.`);
  checkChoices(source, read);
  const { store } = await openKept();
  const manifest =
    source.kind === 'shape'
      ? await keepShape(store, source.shape, { id, ordering })
      : await ingest((await loadGraph(source, read)).graph, store, { id, ordering });
  say(
    `${manifest.id}: ${formatCount(manifest.nodes)} nodes, ${formatCount(manifest.edges)} edges kept, ${formatBytes(manifestBytes(manifest))}`,
  );
}

async function forget(_: Invocation, id: string | undefined): Promise<void> {
  if (id === undefined) throw new InputError('graphs delete: name a kept graph (edgewise graphs lists them).');
  const { store } = await openKept();
  const found = await listGraphs(store);
  if (!found.some((graph) => graph.id === id)) {
    const near = nearest(
      id,
      found.map((graph) => graph.id),
    );
    const advice = near ? `did you mean ${near}?` : 'edgewise graphs lists those that are.';
    throw new InputError(`graphs delete: ${quote(id)} is not kept: ${advice}`);
  }
  await deleteGraph(store, id);
  say(`${id} deleted`);
}
