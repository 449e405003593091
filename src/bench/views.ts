import { InputError } from '../config/errors.ts';
import { arrange } from '../graph/arrange.ts';
import { stochasticBlockModel } from '../graph/blockModel.ts';
import { MAX_DRAWN_NODES } from '../graph/drawingEdges.ts';
import { gatherGraph } from '../graph/generated.ts';
import type { Graph } from '../graph/graph.ts';
import { SHAPES } from '../graph/shapes.ts';
import type { DeviceInfo } from '../run/record.ts';
import { NEAR_SHARE } from '../task/umap.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Table } from './suite.ts';
import { drawnFrames, longTasks, mainThread, markTime, type Task, type TraceEvent } from './trace.ts';

/** What the page's views take of a browser: a large picture that is moved about, pictures of an embedding, and answers to "what if". */

/** Set around what is measured by whoever drives the browser. */
export const SPAN = { begun: 'bench:begun', ended: 'bench:ended' } as const;

/** Something that was done in the page once, between the marks of SPAN. */
export interface Watched {
  readonly trace: readonly TraceEvent[];
  readonly url: string;
}

/** What the page said of its progress; `at` in milliseconds since it was asked. */
export interface Reading {
  readonly at: number;
  /** 0 to 1. */
  readonly share: number;
}

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
  /** Makes a picture of the trained model's embedding, after another one; the first call waits for the one that comes by itself. */
  project(method: Method): Promise<Watched & { readonly readings: readonly Reading[] }>;
  /** Milliseconds from the click that takes an edge of a node away to the painted answer; then it is put back. Edges count from 0. */
  withoutEdge(node: string, edge: number): Promise<number>;
}

export type Method = 'pca' | 'umap';

export interface ViewsSource {
  /** Opens the page on a graph, null for the one that comes with it. */
  visit<T>(graph: Graph | null, use: (page: DrivenPage) => Promise<T>): Promise<T>;
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

/** As many nodes as the page draws. Few classes, so that their legend leaves the picture its usual place. */
function drawnGraph({ quick }: BenchContext): Graph {
  const nodes = quick ? MAX_DRAWN_NODES / 10 : MAX_DRAWN_NODES;
  const shape = { ...SHAPES['arxiv-shape'], name: 'drawn', nodes, edges: 3 * nodes, classes: 8, directed: false };
  return arrange(gatherGraph(stochasticBlockModel({ ...shape, seed: 1 })), { directed: false });
}

function moving(context: BenchContext, source: ViewsSource): Promise<Measured> {
  return source.visit(drawnGraph(context), async (page) => {
    const rows: BenchRow[] = [];
    const longest: [string, Task][] = [];
    for (const [name, move] of [
      ['panning', page.pan],
      ['zooming', page.zoom],
    ] as const) {
      const moves = await repeated(MOVES, async () => seen(await move()));
      const tasks = moves.map(({ task }) => task);
      rows.push({ name: `${name}: frames drawn`, unit: 'per s', ...medianInterval(moves.map(framesPerSecond)) });
      rows.push(...taskRows(name, tasks));
      longest.push([name, longestOf(tasks)]);
      context.progress(lineOf(rows.at(-3)!));
    }
    return { device: page.device, rows, longest, notes: [await page.picture()] };
  });
}

function projecting(context: BenchContext, source: ViewsSource): Promise<Measured> {
  return source.visit(drawnGraph(context), async (page) => {
    await page.train();
    const [pca, umap] = [[], []] as [Projected[], Projected[]];
    await repeated(PROJECTIONS, async (counts) => {
      // In turns: a picture that is there already is not made again.
      for (const [method, into] of [
        ['umap', umap],
        ['pca', pca],
      ] as const) {
        const done = await page.project(method);
        const projected = { ...seen(done), readings: done.readings };
        context.progress(`${method}: ${(projected.ms / 1000).toFixed(1)} s${counts ? '' : ', to warm up'}`);
        if (counts) into.push(projected);
      }
    });
    const layouts = umap.map(({ readings, ms }) => layoutTimes(readings, ms));
    const of = (part: keyof LayoutTimes) => medianInterval(layouts.map((times) => times[part] / 1000));
    return {
      device: page.device,
      rows: [
        { name: 'UMAP: neighbours', unit: 's', ...of('neighbours') },
        { name: 'UMAP: layout', unit: 's', ...of('layout') },
        { name: 'UMAP: longest without progress', unit: 's', ...of('silence') },
        ...taskRows(
          'UMAP',
          umap.map(({ task }) => task),
        ),
        { name: 'PCA', unit: 's', ...medianInterval(pca.map(({ ms }) => ms / 1000)) },
        ...taskRows(
          'PCA',
          pca.map(({ task }) => task),
        ),
      ],
      longest: [
        ['UMAP', longestOf(umap.map(({ task }) => task))],
        ['PCA', longestOf(pca.map(({ task }) => task))],
      ],
    };
  });
}

function asking(context: BenchContext, source: ViewsSource): Promise<Measured> {
  return source.visit(null, async (page) => {
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

interface Seen {
  readonly ms: number;
  readonly frames: number;
  /** The longest of the main thread. */
  readonly task: Task;
}

interface Projected extends Seen {
  readonly readings: readonly Reading[];
}

/** What the trace says of what was done. */
export function seen({ trace, url }: Watched): Seen {
  const thread = mainThread(trace, url);
  const [from, to] = [SPAN.begun, SPAN.ended].map((name) => markTime(trace, name, thread.pid));
  const [task = NO_TASK] = longTasks(trace, thread, { from, to, origin: from, least: 0 });
  return { ms: (to - from) / 1000, frames: drawnFrames(trace, thread.pid, { from, to }), task };
}

const NO_TASK: Task = { start: 0, ms: 0, cpuMs: 0, parts: [] };

const framesPerSecond = ({ frames, ms }: Seen) => (1000 * frames) / ms;

const longestOf = (tasks: readonly Task[]) => tasks.reduce((a, b) => (b.ms > a.ms ? b : a), NO_TASK);

function taskRows(name: string, tasks: readonly Task[]): BenchRow[] {
  return [
    { name: `${name}: longest task`, unit: 'ms', ...medianInterval(tasks.map(({ ms }) => ms)) },
    { name: `${name}: its processor time`, unit: 'ms', ...medianInterval(tasks.map(({ cpuMs }) => cpuMs)) },
  ];
}

/** Milliseconds. */
export interface LayoutTimes {
  readonly neighbours: number;
  readonly layout: number;
  /** The longest that the page told nothing new. */
  readonly silence: number;
}

/** The parts of a layout that took `ms`, by what was told of its progress. */
export function layoutTimes(readings: readonly Reading[], ms: number): LayoutTimes {
  const begun = readings.find(({ share }) => share >= NEAR_SHARE);
  if (!begun) throw new Error('The page has told no progress of its layout.');
  const told = [0, ...readings.filter(({ share }, i) => share !== readings[i - 1]?.share).map(({ at }) => at), ms];
  const silence = Math.max(...told.slice(1).map((at, i) => at - told[i]));
  return { neighbours: begun.at, layout: ms - begun.at, silence };
}

const lineOf = ({ name, unit, median }: BenchRow) => `${name}: ${median.toPrecision(3)} ${unit}`;

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
