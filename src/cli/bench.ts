import { parseArgs } from 'node:util';
import { accuracy, cora, debian } from '../bench/accuracy.ts';
import { ingestSuite } from '../bench/ingest.ts';
import { kernels } from '../bench/kernels.ts';
import { memory } from '../bench/memory.ts';
import { page } from '../bench/page.ts';
import { type PeerSource, peers } from '../bench/peers.ts';
import { pyg } from '../bench/pyg.ts';
import { reported } from '../bench/reported.ts';
import { sampler } from '../bench/sampler.ts';
import { scale } from '../bench/scale.ts';
import { store } from '../bench/store.ts';
import type { BenchContext, Goal, Suite, SuiteReport, Table } from '../bench/suite.ts';
import { views } from '../bench/views.ts';
import { InputError } from '../config/errors.ts';
import { quote } from '../config/parse.ts';
import { DEFAULTS } from '../config/schema.ts';
import { memoryTilings } from '../device/tiling.ts';
import type { Graph } from '../graph/graph.ts';
import type { ShapeName } from '../graph/shapes.ts';
import { encodeResults } from '../run/benchFile.ts';
import { encodeBench } from '../run/benchLink.ts';
import { MOST_REPETITIONS } from '../run/benchResult.ts';
import { inMemory } from '../store/storedGraph.ts';
import type { Backend } from '../train/session.ts';
import { openBuiltPage } from './builtPage.ts';
import { catalogueId, findData, openData } from './data.ts';
import { openDawn } from './dawn.ts';
import { ingestPlace } from './ingestPlace.ts';
import { complain, say } from './output.ts';
import { pageSource } from './pageSource.ts';
import { peerSource } from './peerSource.ts';
import { runPyg } from './pygPeer.ts';
import { samplerPeer } from './samplerPeer.ts';
import { samplerThreads } from './samplerThreads.ts';
import { storeSource } from './storeSource.ts';
import { viewsSource } from './viewsSource.ts';

/** `npm run bench -- NAME [--json] [--link] [--seeds n] [--backend webgpu|cpu]`: the figures of docs/figures.md and docs/performance.md. */

const SUITES: Readonly<Record<string, Suite>> = {
  accuracy,
  cora,
  debian,
  ingest: withDisk,
  ladder: reported('ladder'),
  budgets: reported('budgets'),
  kernels: (context) => withPeers(context, (source) => kernels(context, source)),
  memory,
  page: async (context) => page(context, pageSource(await openBuiltPage(context))),
  peers: (context) => withPeers(context, (source) => peers(context, source)),
  pyg: async (context) => pyg(context, runPyg),
  store: async (context) => store(context, await storeSource()),
  scale: async (context) => scale(context, { open: openScale }),
  sampler: async (context) => sampler(context, samplerPeer),
  views: async (context) => views(context, viewsSource(await openBuiltPage(context))),
};

/** The devices of the peers' libraries live as long as the suite. */
async function withPeers<T>(context: BenchContext, suite: (source: PeerSource) => Promise<T>): Promise<T> {
  const source = peerSource(context);
  try {
    return await suite(source);
  } finally {
    source.close();
  }
}

async function openScale(shape: ShapeName) {
  const { place, graph } = await openData(findData(shape), DEFAULTS);
  return { graph, store: place!.store, openBatchSource: samplerThreads(place!.folder) };
}

async function withDisk(context: BenchContext): ReturnType<Suite> {
  const place = await ingestPlace();
  try {
    return await ingestSuite(context, place);
  } finally {
    await place.close();
  }
}

/** These open no device here: the browser has its own; stores and samplers need none. */
const ELSEWHERE: readonly string[] = ['page', 'views', 'ingest', 'store', 'sampler'];

const USAGE = `npm run bench -- NAME [--json] [--link] [--seeds n] [--repetitions n] [--only text] [--quick] [--backend webgpu|cpu]

  accuracy every kind of layer in its published protocol, over seeds (--only NAME for some; hours on a processor)
  budgets  accuracy and time per epoch of one run in full batch, and within a half to a sixteenth of the memory that it takes
           (--data, --preset and --set as in edgewise train)
  cora     test accuracy of the planetoid-gcn protocol on Cora over seeds (needs Cora: EDGEWISE_DATA or a download)
  debian   GCN, MLP and sampled GCN on the embedded graphs
  ingest   graphs of up to 62 million edges into a store within 512 MB (--only arxiv, csv or products; --quick: small ones;
           2.5 GB of temporary files)
  ladder   time per epoch and peak memory of one run, pass by pass (--data, --preset and --set as in edgewise train)
  kernels  SpMM, attention, GEMM, reductions as a share of the device's own copy and best GEMM (--only spmm; --quick: small sizes)
  memory   forecast = ledger = bytes counted from outside
  page     the page in a browser: bytes and time to the first curve, long tasks while it trains, also beside a picture of 20,000 nodes
           (--quick: a tenth of them)
  peers    one training step of GCN, GraphSAGE and GAT beside jax-js and tfjs (on WebGPU and in WebAssembly), NumPy and PyTorch
           Geometric (npm ci in bench/peers; --only gat, --only cora, --only 'cora gcn')
  pyg      test accuracy on Cora beside that of the scripts that edgewise export --pyg writes (EDGEWISE_PYTHON names a Python that
           has torch_geometric; minutes on a processor)
  store    writing and reading chunks: IndexedDB and OPFS in a browser, files and memory in Node (--only opfs, --only '64 KB');
           what batches read by the order of a graph's rows (--only order; --quick: a twentieth of the graph)
  sampler  sampled edges per second on one thread beside PyTorch Geometric's NeighborLoader (EDGEWISE_PYTHON names a Python
           that has it; --only arxiv; --quick: a fiftieth of the graphs)
  scale    arxiv-shape and products-shape out of a store within 256 MB and 1 GB
           (--only arxiv or --only products; half an hour for each device; keeps 1.6 GB of graphs)
  views    the page's views in a browser: a picture of 20,000 nodes that is panned and zoomed, UMAP and PCA of as many, answers to
           "what if" (--only pan, --only umap, --only 'what if'; that with --data, --preset and --set as in edgewise train;
           --quick: a tenth of the graph)

The page runs ladder, budgets and kernels too: it opens the file that --json prints of them, and what --link prints behind its address.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      link: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      seeds: { type: 'string', default: '10' },
      backend: { type: 'string' },
      only: { type: 'string' },
      data: { type: 'string' },
      preset: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [name] = positionals;
  const suite = name === undefined ? undefined : SUITES[name];
  if (values.help || !suite) {
    if (!values.help) throw new InputError(`bench: name one of ${Object.keys(SUITES).join(', ')}.`);
    return say(USAGE);
  }
  const dawn = values.backend === 'cpu' || ELSEWHERE.includes(name) ? 'not asked for' : await openDawn();
  const backends: Backend[] = [];
  if (typeof dawn !== 'string') backends.push({ kind: 'webgpu', gpu: dawn.gpu, tilings: memoryTilings() });
  if (values.backend !== 'webgpu') backends.push({ kind: 'cpu' });
  const graphs = new Map<string, Promise<Graph>>();
  const context: BenchContext = {
    backends,
    seeds: Number(values.seeds),
    repetitions: values.repetitions === undefined ? undefined : repetitionsOf(values.repetitions),
    only: values.only,
    asked: { data: values.data, preset: values.preset, sets: values.set },
    quick: values.quick,
    graph(id) {
      const found = graphs.get(id) ?? loadPublic(id);
      graphs.set(id, found);
      return found;
    },
    catalogueId: (id) => catalogueId(findData(id)),
    progress: (text) => process.stderr.write(`${text}\n`),
  };
  const result: SuiteReport = { bench: name, ...(await suite(context)) };
  if (typeof dawn !== 'string') dawn.close();
  const { results } = result;
  if (values.json) say(results ? encodeResults(results) : JSON.stringify(result));
  else say(report(result));
  if (!values.link) return;
  if (!results) throw new InputError(`bench ${name}: --link is for the suites that the page runs too.`);
  for (const one of results) say(await encodeBench(one));
}

function repetitionsOf(text: string): number {
  const repetitions = Number(text);
  if (Number.isInteger(repetitions) && repetitions >= 1 && repetitions <= MOST_REPETITIONS) return repetitions;
  throw new InputError(
    `--repetitions cannot be ${quote(text)}: it must be a whole number from 1 to ${MOST_REPETITIONS}.`,
  );
}

async function loadPublic(id: string): Promise<Graph> {
  const { graph } = await openData(findData(publicData(id)), { ...DEFAULTS, 'memory.store': 'memory' });
  return inMemory(graph);
}

/** Cora's files where EDGEWISE_DATA has them; otherwise the catalogue's id, which downloads them. */
function publicData(id: string): string {
  const folder = process.env.EDGEWISE_DATA;
  if (folder && id === 'cora') return `${folder}/planetoid-cora`;
  if (folder && ['tolokers', 'minesweeper'].includes(id)) return `${folder}/heterophilous/${id}.npz`;
  return id;
}

function report({ bench, device, rows, ratios, goals = [], tables = [], notes = [] }: SuiteReport): string {
  const format = (value: number) => (Number.isInteger(value) ? String(value) : value.toPrecision(4));
  const lines = rows.map(({ name, unit, median, lo, hi, mean, std }) => {
    const average = mean === undefined ? '' : `, mean ${format(mean)} ± ${format(std ?? 0)}`;
    return `${name}: ${format(median)} ${unit} [${format(lo)}, ${format(hi)}]${average}`;
  });
  const comparisons = Object.entries(ratios).map(([name, value]) => `${name}: ${format(value)}`);
  const on = `${device.backend}: ${device.description}${device.software ? ' (software)' : ''}`;
  const verdicts = goals.map((goal) => verdict(goal, format));
  return [
    `bench ${bench}`,
    on,
    '',
    ...lines,
    '',
    ...comparisons,
    ...verdicts,
    ...tables.map(columns),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function verdict({ name, unit, most, least, value, met }: Goal, format: (value: number) => string): string {
  const said = met === null ? 'not judged: this adapter is software' : met ? 'met' : 'NOT MET';
  const bound = least === undefined ? `under ${most}` : `at least ${least}`;
  return `goal, ${name}: ${bound} ${unit}, measured ${format(value)} ${unit}: ${said}`;
}

/** Numbers to the right, words to the left. */
function columns({ title, columns, rows }: Table): string {
  if (rows.length === 0) return `\n${title}`;
  const text = (cell: string | number) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell);
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => text(row[i]).length)));
  const line = (row: readonly (string | number)[]) =>
    row
      .map((cell, i) =>
        typeof rows[0][i] === 'number'
          ? text(cell).padStart(widths[i])
          : text(cell).padEnd(i + 1 < row.length ? widths[i] : 0),
      )
      .join('  ');
  return ['', title, line(columns), ...rows.map(line)].join('\n');
}

main().catch((error: unknown) => {
  complain(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof InputError ? 2 : 1;
});
