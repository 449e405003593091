import { InputError } from '../config/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { DeviceInfo } from '../run/record.ts';
import { drawnGraph, hashOf } from './drawnGraph.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Table } from './suite.ts';
import type { Task } from './trace.ts';
import { type LayoutTimes, layoutTimes, NO_TASK, type Reading, type Seen, seen, type Watched } from './viewTimes.ts';

/** What the page's views take of a browser: a large picture that is moved about, pictures of an embedding, and answers to "what if". */

/** A page in a fresh profile. */
export interface DrivenPage {
  readonly device: DeviceInfo;
  /** What the page says of its picture, and who paints it. */
  picture(): Promise<string>;
  /** Drags the picture there and back. */
  pan(): Promise<Watched>;
  /** Wheels into the picture and out again. */
  zoom(): Promise<Watched>;
  train(): Promise<void>;
  /** Trains, then opens what tells of the model: between the marks of SPAN, and TRAINED in between. */
  watchTraining(meanwhile: Meanwhile): Promise<Watched & { readonly epochs: number }>;
  /** Makes a picture of the trained model's embedding, after another one; the first call waits for the one that comes by itself. */
  project(method: Method): Promise<Watched & { readonly readings: readonly Reading[]; readonly caption: string }>;
  /** Milliseconds from the click that takes an edge of a node away to the painted answer; then it is put back. Edges count from 0. */
  withoutEdge(node: string, edge: number): Promise<number>;
}

/** What a visitor looks at while it trains: the page as it is; or a pinned node, the tables, and earlier epochs again and again. */
export type Meanwhile = 'nothing more' | 'everything';

export type Method = 'pca' | 'umap';

export interface ViewsSource {
  /** Opens the page at `#…`; with a graph, its data are that graph instead. */
  visit<T>(hash: string, graph: Graph | null, use: (page: DrivenPage) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface View {
  readonly name: string;
  readonly measure: (context: BenchContext, source: ViewsSource) => Promise<Measured>;
}

interface Measured {
  readonly device: DeviceInfo;
  readonly rows: readonly BenchRow[];
  /** The longest task of each thing that was done. */
  readonly longest?: readonly (readonly [string, Task])[];
  readonly notes?: readonly string[];
}

const VIEWS: readonly View[] = [
  { name: 'panning and zooming', measure: moving },
  { name: 'PCA and UMAP', measure: projecting },
  { name: 'what if', measure: asking },
];

const MOVES = 5;
const PROJECTIONS = 3;
/** A node of `debian-small`, and how many edges it has to try without. */
const PINNED = { name: 'libapache2-mod-php', edges: 12 } as const;

export async function views(context: BenchContext, source: ViewsSource) {
  const wanted = VIEWS.filter(({ name }) => name.toLowerCase().includes((context.only ?? '').toLowerCase()));
  try {
    if (wanted.length === 0) {
      throw new InputError(
        `bench views: no view is called ${context.only}; there are ${VIEWS.map(({ name }) => name).join(', ')}.`,
      );
    }
    const measured: Measured[] = [];
    for (const { measure } of wanted) measured.push(await measure(context, source));
    return {
      device: measured[0].device,
      rows: measured.flatMap(({ rows }) => rows),
      ratios: {},
      tables: tasksTables(measured.flatMap(({ longest = [] }) => longest)),
      notes: measured.flatMap(({ notes = [] }) => notes),
    };
  } finally {
    await source.close();
  }
}

/** Few epochs: neither pictures nor answers take longer where more was learned. */
const FEW = 'training.epochs=5';

/** What differs from the preset stays when another graph is dropped: a layer of 64 columns. */
const DRAWN = hashOf({ preset: 'gcn', sets: [FEW, 'model.hidden=64'] });

function moving(context: BenchContext, source: ViewsSource): Promise<Measured> {
  return source.visit(DRAWN, drawnGraph(context), async (page) => {
    const rows: BenchRow[] = [];
    const longest: [string, Task][] = [];
    for (const [name, move] of [
      ['panning', page.pan],
      ['zooming', page.zoom],
    ] as const) {
      const moves = await repeated(MOVES, async () => seen(await move()));
      rows.push({ name: `${name}: frames drawn`, unit: 'per s', ...medianInterval(moves.map(framesPerSecond)) });
      rows.push(...taskRows(name, moves));
      longest.push([name, longestOf(moves)]);
      context.progress(lineOf(rows.at(-3)!));
    }
    return { device: page.device, rows, longest, notes: [await page.picture()] };
  });
}

function projecting(context: BenchContext, source: ViewsSource): Promise<Measured> {
  return source.visit(DRAWN, drawnGraph(context), async (page) => {
    await page.train();
    const done: Readonly<Record<Method, Projected[]>> = { umap: [], pca: [] };
    await repeated(PROJECTIONS, async (counts) => {
      // In turns: a picture that is there already is not made again.
      for (const method of ['umap', 'pca'] as const) {
        const { readings, caption, ...watched } = await page.project(method);
        const projected = { ...seen(watched), readings, caption };
        context.progress(`${method}: ${(projected.ms / 1000).toFixed(1)} s${counts ? '' : ', to warm up'}`);
        if (counts) done[method].push(projected);
      }
    });
    const { umap, pca } = done;
    const layouts = umap.map(({ readings, ms }) => layoutTimes(readings, ms));
    const of = (part: keyof LayoutTimes) => medianInterval(layouts.map((times) => times[part] / 1000));
    return {
      device: page.device,
      rows: [
        { name: 'UMAP: neighbours', unit: 's', ...of('neighbours') },
        { name: 'UMAP: layout', unit: 's', ...of('layout') },
        { name: 'UMAP: longest without progress', unit: 's', ...of('silence') },
        ...taskRows('UMAP', umap),
        { name: 'PCA', unit: 's', ...medianInterval(pca.map(({ ms }) => ms / 1000)) },
        ...taskRows('PCA', pca),
      ],
      longest: [
        ['UMAP', longestOf(umap)],
        ['PCA', longestOf(pca)],
      ],
      notes: [umap[0].caption],
    };
  });
}

function asking(context: BenchContext, source: ViewsSource): Promise<Measured> {
  const { sets, ...asked } = context.asked;
  return source.visit(hashOf({ ...asked, sets: [FEW, ...sets] }), null, async (page) => {
    await page.train();
    const times: number[] = [];
    for (let edge = 0; edge < PINNED.edges; edge++) times.push(await page.withoutEdge(PINNED.name, edge));
    const [first, ...next] = times;
    const rows: BenchRow[] = [
      // Computes what the model says of the graph as it is, too.
      { name: 'what if: first answer', unit: 'ms', ...medianInterval([first]) },
      { name: 'what if: next answers', unit: 'ms', ...medianInterval(next) },
    ];
    for (const row of rows) context.progress(lineOf(row));
    return { device: page.device, rows };
  });
}

/** What comes of it each time but the first, which warms up. */
async function repeated<T>(times: number, work: (counts: boolean) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i <= times; i++) all.push(await work(i > 0));
  return all.slice(1);
}

interface Projected extends Seen {
  readonly readings: readonly Reading[];
  readonly caption: string;
}

const framesPerSecond = ({ frames, ms }: Seen) => (1000 * frames) / ms;

const longestOf = (all: readonly Seen[]) =>
  all.reduce((task, one) => (one.task.ms > task.ms ? one.task : task), NO_TASK);

function taskRows(name: string, all: readonly Seen[]): BenchRow[] {
  return [
    { name: `${name}: longest task`, unit: 'ms', ...medianInterval(all.map(({ task }) => task.ms)) },
    { name: `${name}: most processor time of one`, unit: 'ms', ...medianInterval(all.map(({ cpuMs }) => cpuMs)) },
  ];
}

const lineOf = ({ name, unit, median }: BenchRow) => `${name}: ${median.toFixed(1)} ${unit}`;

function tasksTables(longest: readonly (readonly [string, Task])[]): Table[] {
  if (longest.length === 0) return [];
  return [
    {
      title: 'the longest tasks of the main thread',
      columns: ['while', 'ms', 'processor', 'in it'],
      rows: longest.map(([name, { ms, cpuMs, parts }]) => [name, ...[ms, cpuMs].map(Math.round), parts.join('; ')]),
    },
  ];
}
