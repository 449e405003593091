import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readCsvGraph } from '../formats/csv.ts';
import { edgeListStream } from '../formats/edgeListStream.ts';
import { type GraphData, SELF_LOOPS } from '../formats/graphData.ts';
import type { EdgeBlock, GraphStream } from '../formats/graphStream.ts';
import { readNodeTable } from '../formats/nodeTable.ts';
import { arrange, checkFeatures } from '../graph/arrange.ts';
import { stochasticBlockModel } from '../graph/blockModel.ts';
import { uniformBelow } from '../graph/draw.ts';
import { matrixRows, withNodeTable } from '../graph/featureRows.ts';
import { canonicalSparse } from '../graph/features.ts';
import { type GeneratedGraph, gatherGraph } from '../graph/generated.ts';
import { streamOf } from '../graph/generatedStream.ts';
import { ORDERING_NAMES } from '../graph/ordering.ts';
import { GRAPH500, rmat } from '../graph/rmat.ts';
import { HUB, nastyGraphData, withLabelSets } from '../graph/testGraphs.ts';
import { chunkLog } from './chunkLog.ts';
import type { ChunkStore } from './chunkStore.ts';
import { ingest, manifestBytes } from './ingest.ts';
import { type IngestBudget, ingestForecast, planIngest } from './ingestPlan.ts';
import { encodeManifest } from './manifest.ts';
import { memoryStore } from './memory.ts';
import { memoryFolder } from './memoryFolder.ts';
import { shapeOf, streamIngest } from './streamIngest.ts';
import { sweepHalves } from './temporary.ts';

/** Everything in a store, as text that a failing test can show. */
async function contents(store: ChunkStore): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const key of await store.keys('')) all[key] = Buffer.from((await store.get(key))!).toString('hex');
  return all;
}

/** A multigraph with few nodes, so that duplicates, self-loops and edges in both directions abound. */
function multigraph(nodes: number, edges: number, weigh: ((i: number) => number) | null): GraphData {
  const ids = (tag: number) => Uint32Array.from({ length: edges }, (_, e) => uniformBelow(nodes, [7, tag], e, 0));
  const weight = weigh && Float32Array.from({ length: edges }, (_, e) => weigh(uniformBelow(1024, [7, 2], e, 0)));
  return { ...nastyGraphData(nodes, 3), name: 'multi', source: ids(0), target: ids(1), weight };
}

/** The same in both directions, each with its weight, in an order of its own. */
function mirrored(data: GraphData): GraphData {
  const both = <T extends Uint32Array | Float32Array>(a: T, b: T) => {
    const out = new (a.constructor as new (length: number) => T)(2 * a.length);
    out.set(a);
    out.set(b, a.length);
    return out;
  };
  const { source, target, weight } = data;
  return {
    ...data,
    source: both(source, target),
    target: both(target, source),
    weight: weight && both(weight, weight),
  };
}

/** A graph that is in memory, cut into blocks of so many edges.  */
function dataStream(data: GraphData, directed: boolean, blockEdges: number): GraphStream {
  const { name, nodes, classNames, labels, labelSets, splits, nodeIds, positions, notes } = data;
  const { source, target, weight } = data;
  function* edgeBlocks(): Iterable<EdgeBlock> {
    for (let at = 0; at < source.length; at += blockEdges) {
      const piece = <T extends Uint32Array | Float32Array>(array: T) => array.subarray(at, at + blockEdges) as T;
      yield { source: piece(source), target: piece(target), weight: weight && piece(weight) };
    }
  }
  return {
    ...{ name, nodes, classNames, labels, labelSets, splits, nodeIds, positions, notes, directed, edgeBlocks },
    edges: source.length,
    weighted: weight !== null,
    features: data.features ? matrixRows(checkFeatures(data.features, data)) : null,
    featureNames: data.features ? data.featureNames : null,
    hostBytes: 0,
  };
}

const third = (i: number) => i / 3;
const DATA: [string, GraphData][] = [
  ['a nasty graph', { ...nastyGraphData(120, 1), featureNames: ['a\n', '"é"', 'c', 'd', 'e', 'f', 'g'] }],
  ['a nasty graph with weights', nastyGraphData(120, 1, true)],
  ['a multigraph', multigraph(40, 900, null)],
  ['a multigraph with weights', multigraph(40, 900, third)],
  ['a multigraph whose weights are all 1', multigraph(200, 300, () => 1)],
  ['few edges with weights 1, then another', { ...multigraph(300, 60, (i) => (i < 40 ? 2 : 1)) }],
  ['both directions listed', mirrored(multigraph(60, 200, null))],
  ['both directions listed with weights', mirrored(multigraph(60, 200, third))],
  ['sparse features', { ...nastyGraphData(50, 1), features: canonicalSparse(nastyGraphData(50, 1).features!) }],
  [
    'no features, labels or names',
    { ...multigraph(50, 90, null), features: null, labels: null, nodeIds: null, positions: null },
  ],
  ['several labels per node', withLabelSets(nastyGraphData(60, 1))],
  ['splits of its own', { ...nastyGraphData(30, 1), splits: [1, 2].map((k) => new Uint8Array(30).fill(k)) }],
  ['no edges', { ...nastyGraphData(10, 1), source: new Uint32Array(0), target: new Uint32Array(0) }],
  ['only self-loops', { ...nastyGraphData(10, 1), source: Uint32Array.of(3, 4), target: Uint32Array.of(3, 4) }],
];
const BUDGETS: IngestBudget[] = [
  { chunkBytes: 4096 },
  { chunkBytes: 64, bucketBytes: 400, bufferBytes: 24 },
  { chunkBytes: 1000, bucketBytes: 100, bufferBytes: 1000 },
  { chunkBytes: 4, bucketBytes: 1, bufferBytes: 1 },
];

async function expectSame(data: GraphData, stream: GraphStream, budget: IngestBudget): Promise<void> {
  const [expected, streamed] = [memoryStore(), memoryStore()];
  const graph = arrange(data, stream);
  const { chunkBytes, ordering } = budget;
  const manifest = await ingest(graph, expected, { id: 'g', chunkBytes, ordering });
  const result = await streamIngest(stream, streamed, { id: 'g', ...budget });
  expect(result.manifest).toEqual(manifest);
  expect(await contents(streamed)).toEqual(await contents(expected));
  expect(new TextDecoder().decode(encodeManifest(result.manifest))).toBe(
    new TextDecoder().decode(encodeManifest(manifest)),
  );
  expect(result.peakBytes).toBeLessThanOrEqual(ingestForecast(shapeOf(stream), budget).host);
}

describe.each(DATA)('%s', (_, data) => {
  test.each(BUDGETS)('is stored as from memory: %o', async (budget) => {
    for (const directed of [false, true]) {
      for (const selfLoops of SELF_LOOPS) {
        const stream = { ...dataStream(data, directed, 37), selfLoops };
        for (const ordering of ORDERING_NAMES) await expectSame(data, stream, { ...budget, ordering });
      }
    }
  });
});

const NODES = { nodes: 300, classes: 4, features: 5, signal: 2, split: { train: 0.6, validation: 0.2 }, seed: 1 };
const GENERATED: GeneratedGraph[] = [false, true].flatMap((directed) => [
  stochasticBlockModel({ ...NODES, name: 'block model', edges: 2000, directed, homophily: 0.7, skew: 3 }),
  // More than one block of edges.
  rmat({ ...NODES, name: 'R-MAT', edges: 70_000, directed, quadrants: GRAPH500, noise: 0 }),
]);

describe.each(GENERATED)('$name, directed: $directed', (generated) => {
  test.each([{ chunkBytes: 4096 }, { chunkBytes: 1000, bucketBytes: 3000, bufferBytes: 960 }])(
    'is stored as from memory: %o',
    async (budget) => {
      await expectSame(gatherGraph(generated), streamOf(generated), budget);
    },
  );
});

test('an edge list that is read from its file is stored as from memory', async () => {
  const { source, target } = multigraph(90, 3000, null);
  const bytes = new TextEncoder().encode(Array.from(source, (v, e) => `n${v} n${target[e]} ${e % 5}`).join('\n'));
  const file = {
    name: 'list.txt',
    open: async function* () {
      yield bytes;
    },
  };
  await expectSame(
    readCsvGraph({ name: 'list.txt', bytes }, null),
    await edgeListStream(file, { directed: false }),
    BUDGETS[2],
  );
});

test.each([
  ['', (v: number) => `${v % 7}`],
  [' and several labels each', (v: number) => [v % 7, v % 3].join(';')],
])('and so is one with a table of its nodes%s', async (_, labelOf) => {
  const rows = Array.from(
    { length: 60 },
    (_, v) => `n${59 - v},${labelOf(v)},${v % 2 ? 0 : v / 8},${['train', 'val', ''][v % 3]}`,
  );
  const nodeFile = {
    name: 'nodes.csv',
    bytes: new TextEncoder().encode(['id,label,height,split', ...rows].join('\n')),
  };
  const { source, target } = multigraph(60, 500, null);
  const bytes = new TextEncoder().encode(Array.from(source, (v, e) => `n${v};n${target[e]}`).join('\n'));
  const file = {
    name: 'list.csv',
    open: async function* () {
      yield bytes;
    },
  };
  const table = readNodeTable(nodeFile.bytes, nodeFile.name);
  const edges = await edgeListStream(file, { directed: false, known: table.ids });
  await expectSame(readCsvGraph({ name: 'list.csv', bytes }, nodeFile), withNodeTable(edges, table), BUDGETS[1]);
});

describe('memory', () => {
  const stream = dataStream(multigraph(500, 20_000, third), false, 1000);
  const shape = shapeOf(stream);
  const messageOf = (attempt: () => unknown) => {
    try {
      attempt();
    } catch (error) {
      return (error as Error).message;
    }
    return null;
  };
  const refused = (budget: IngestBudget) => messageOf(() => ingestForecast(shape, budget));
  const ordering = 'cluster';
  /** As little as this graph takes: the number that the refusal names. */
  const least = Number(/at least (\d+) bytes/.exec(refused({ memoryBytes: 1, chunkBytes: 64 })!)![1]);

  test('is refused with the number that is just enough', () => {
    expect(refused({ memoryBytes: least - 1, chunkBytes: 64 })).toMatch(
      /^Storing multi \(500 nodes, 20000 edges\) takes at least \d+ bytes of worker memory, but the budget is \d+: raise it\.$/,
    );
    expect(ingestForecast(shape, { memoryBytes: least, chunkBytes: 64 }).host).toBeLessThanOrEqual(least);
  });

  test.each([1, 1.5, 4])('%f times the least gives the same graph, in parts of buckets if need be', async (times) => {
    const budget = { memoryBytes: Math.ceil(least * times), chunkBytes: 64 };
    await expectSame(multigraph(500, 20_000, third), stream, budget);
    expect(ingestForecast(shape, budget).host).toBeLessThanOrEqual(budget.memoryBytes);
  });

  test('that rows need to move is part of it: just enough moves them in many parts', async () => {
    const least = Number(/at least (\d+) bytes/.exec(refused({ memoryBytes: 1, chunkBytes: 64, ordering })!)![1]);
    expect(refused({ memoryBytes: least - 1, chunkBytes: 64, ordering })).not.toBeNull();
    for (const memoryBytes of [least, 2 * least]) {
      const budget = { memoryBytes, chunkBytes: 64, ordering } as const;
      await expectSame(multigraph(500, 20_000, third), stream, budget);
      expect(ingestForecast(shape, budget).host).toBeLessThanOrEqual(memoryBytes);
    }
  });

  test('that is short makes a bucket be read once for each part of it', async () => {
    const touched = { put: 0, get: 0 };
    const inner = memoryStore();
    const count = (what: keyof typeof touched, key: string) => {
      if (key.startsWith('bucket-')) touched[what]++;
    };
    const store: ChunkStore = {
      ...inner,
      put(key, bytes) {
        count('put', key);
        return inner.put(key, bytes);
      },
      get(key) {
        count('get', key);
        return inner.get(key);
      },
    };
    await streamIngest(stream, store, { id: 'g', memoryBytes: least, chunkBytes: 64 });
    expect(touched.get).toBeGreaterThan(2 * touched.put);
    Object.assign(touched, { put: 0, get: 0 });
    await streamIngest(stream, store, { id: 'g', memoryBytes: 32 * least, chunkBytes: 64 });
    expect(touched.get).toBe(touched.put);
  });

  test('does not grow with edges or features, once there are buckets', () => {
    const at = (times: number) =>
      ingestForecast({ ...shape, edges: times * 1e6, features: { ...shape.features, cols: times, rowEntries: times } });
    expect(at(200).host).toBe(at(100).host);
    expect(at(200).disk).toBeGreaterThan(1.9 * at(100).disk);
  });

  test('that a hub exceeds is refused with the numbers, and leaves nothing', async () => {
    const hub = { ...multigraph(500, 20_000, third), source: new Uint32Array(20_000).fill(7) };
    const store = memoryStore();
    const stored = streamIngest(dataStream(hub, false, 1000), store, { id: 'g', memoryBytes: least, chunkBytes: 64 });
    await expect(stored).rejects.toThrow(InputError);
    await expect(stored).rejects.toThrow(
      /^A node of multi has \d+ edges, and sorting them takes \d+ bytes of worker mem/,
    );
    expect(await store.keys('')).toEqual([]);
  });

  test.each([
    ['', nastyGraphData(80_000, 1)],
    [' with weights', nastyGraphData(40_000, 1, true)],
  ])('that is less than the row of a hub moves it in pieces%s', async (_, nasty) => {
    // Nothing else takes more memory than the rows that move.
    const { nodes } = nasty;
    const features = { kind: 'dense', rows: nodes, cols: 1, values: new Float32Array(nodes).fill(1) } as const;
    const data = { ...nasty, features, splits: [new Uint8Array(nodes).fill(1)] };
    const stream = dataStream(data, false, 10_000);
    for (const ordering of ['degree', 'cluster'] as const) {
      const budget = { chunkBytes: 4096, ordering };
      const short = messageOf(() => ingestForecast(shapeOf(stream), { ...budget, memoryBytes: 1 }));
      const tight = { ...budget, memoryBytes: Number(/at least (\d+) bytes/.exec(short!)![1]) };
      const { indptr, values } = arrange(data).adjacency;
      expect((indptr[HUB + 1] - indptr[HUB]) * (values ? 8 : 4)).toBeGreaterThan(
        planIngest(shapeOf(stream), tight).answerBytes,
      );
      await expectSame(data, stream, tight);
    }
  });

  test('on disk is no more than the forecast', async () => {
    for (const data of [
      multigraph(30, 600, null),
      multigraph(30, 600, third),
      nastyGraphData(50, 1),
      withLabelSets(nastyGraphData(50, 1)),
    ]) {
      const source = dataStream(data, false, 100);
      for (const ordering of ORDERING_NAMES) {
        const counted = counting();
        const budget = { chunkBytes: 64, bucketBytes: 1000, bufferBytes: 120, ordering };
        await streamIngest(source, counted.store, { id: 'g', ...budget });
        expect(counted.peak()).toBeLessThanOrEqual(ingestForecast(shapeOf(source), budget).disk);
      }
    }
  });
});

/** A store that knows the most bytes that it held, but for the manifest, and can fail at one of its writes. */
function counting(failAt = Infinity) {
  const inner = memoryStore();
  let [peak, writes] = [0, 0];
  const put: ChunkStore['put'] = async (key, bytes) => {
    if (writes++ === failAt) throw new Error('disk full');
    await inner.put(key, bytes);
    if (key.startsWith('manifest/')) return;
    let held = 0;
    for (const key of await inner.keys('')) held += (await inner.get(key))!.length;
    peak = Math.max(peak, held);
  };
  return { store: { ...inner, put }, peak: () => peak, writes: () => writes };
}

test('files of buckets go as they are consumed, where a store has them', async () => {
  const folder = memoryFolder();
  const store = await chunkLog(folder, 'log');
  const data = multigraph(60, 4000, third);
  const [expected, sizes] = [memoryStore(), [] as number[]];
  const { manifest } = await streamIngest(dataStream(data, false, 100), store, {
    ...{ id: 'g', chunkBytes: 1000, bucketBytes: 5000, bufferBytes: 1200 },
    onProgress: () => sizes.push([...folder.files.keys()].filter((name) => name.startsWith('bucket-')).length),
  });
  await ingest(arrange(data), expected, { id: 'g', chunkBytes: 1000 });
  expect(await contents(store)).toEqual(await contents(expected));
  expect(Math.max(...sizes)).toBeGreaterThan(10);
  expect([...folder.files.keys()].filter((name) => !name.startsWith('chunk.g.'))).toEqual(['rest.0']);
  // Nothing of the buckets is left as garbage: a header for each chunk, and no more.
  const chunks = [...folder.files].filter(([name]) => name.startsWith('chunk.g.'));
  const bytes = chunks.reduce((sum, [, file]) => sum + file.bytes.length, 0);
  expect(bytes).toBeLessThan(1.1 * manifestBytes(manifest));
});

describe('what fails', () => {
  const data = nastyGraphData(40, 1, true);
  const budget = { id: 'g', chunkBytes: 512, bucketBytes: 500, bufferBytes: 240 };

  test('while a tab is closed is swept with its buckets; nobody else loses anything', async () => {
    const { store } = counting();
    await ingest(arrange(data), store, { id: 'other' });
    const before = await contents(store);
    await new Promise<void>((stopped) => {
      const put: ChunkStore['put'] = (key, bytes) => {
        if (key !== 'bucket-3/g/0') return store.put(key, bytes);
        stopped();
        return new Promise(() => {});
      };
      void streamIngest(dataStream(data, false, 10), { ...store, put }, budget);
    });
    expect((await store.keys('bucket-')).length).toBeGreaterThan(0);
    await sweepHalves(store);
    expect(await contents(store)).toEqual(before);
  });

  test.each(ORDERING_NAMES)('at any write leaves nothing behind, order: %s', async (ordering) => {
    const complete = counting();
    const options = { ...budget, ordering };
    await streamIngest(dataStream(data, false, 10), complete.store, options);
    for (let failAt = 0; failAt < complete.writes(); failAt++) {
      const { store } = counting(failAt);
      await expect(streamIngest(dataStream(data, false, 10), store, options)).rejects.toThrow('disk full');
      expect(await store.keys('')).toEqual([]);
    }
  });

  test('because a bucket is gone says so', async () => {
    const { store } = counting();
    const get: ChunkStore['get'] = async (key) => (key === 'bucket-1/g/0' ? null : store.get(key));
    const stored = streamIngest(dataStream(data, false, 10), { ...store, get }, budget);
    await expect(stored).rejects.toThrow(/^nasty-40-1 was changed while it was stored: store it again\.$/);
    expect(await store.keys('')).toEqual([]);
  });

  const TASKS = [
    'Reading the edges',
    'Sorting the edges',
    'Writing the features',
    'Ordering the rows',
    'Moving the rows',
  ];
  test.each(TASKS)('or is aborted: %s', async (task) => {
    const { store } = counting();
    const abort = new AbortController();
    const tasks = new Set<string>();
    const stopped = streamIngest(dataStream(data, false, 10), store, {
      ...budget,
      ordering: 'cluster',
      signal: abort.signal,
      onProgress(progress) {
        tasks.add(progress.task);
        if (progress.task === task) abort.abort();
      },
    });
    await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect([...tasks].at(-1)).toBe(task);
    expect(await store.keys('')).toEqual([]);
  });

  const blocks = (edit: (block: EdgeBlock) => EdgeBlock): GraphStream => {
    const stream = dataStream(data, false, 10);
    return {
      ...stream,
      *edgeBlocks() {
        for (const block of stream.edgeBlocks() as Iterable<EdgeBlock>) yield edit(block);
      },
    };
  };
  const third = (change: (copy: EdgeBlock) => void) => {
    let number = 0;
    return blocks((block) => {
      const copy = { source: block.source.slice(), target: block.target.slice(), weight: block.weight!.slice() };
      if (number++ === 2) change(copy);
      return copy;
    });
  };
  const bad: [string, () => GraphStream, RegExp][] = [
    ['an unknown node', () => third(({ source }) => source.fill(40, 3, 4)), /^Edge 23 of nasty-40-1 names node 40/],
    ['a negative weight', () => third(({ weight }) => weight!.fill(-1, 4, 5)), /^Edge 24 of nasty-40-1 weighs -1/],
    ['endless sums', () => blocks((b) => ({ ...b, weight: b.weight!.map(() => 3e38) })), /sum is not finite/],
    [
      'edges that are not there',
      () => ({ ...dataStream(data, false, 10), edges: 1000 }),
      /does not list 1000 edges as it/,
    ],
    ['more edges than said', () => ({ ...dataStream(data, false, 10), edges: 10 }), /does not list 10 edges as it did/],
    ['a label beyond the classes', () => ({ ...dataStream(data, false, 10), classNames: ['a'] }), /^Node 1 of nasty/],
  ];
  test.each(bad)('because of %s says so', async (_, stream, message) => {
    const { store } = counting();
    const stored = streamIngest(stream(), store, budget);
    await expect(stored).rejects.toThrow(InputError);
    await expect(stored).rejects.toThrow(message);
    expect(await store.keys('')).toEqual([]);
  });

  test('names the node whose features are no numbers', async () => {
    const features = dataStream(data, false, 10).features!;
    const rows: typeof features.rows = (begin, end) => {
      const block = features.rows(begin, end);
      return {
        ...block,
        values: block.values!.map((x, i) => (begin * 7 + i === 38 * 7 + 2 ? NaN : x)),
      } as typeof block;
    };
    const stream = { ...dataStream(data, false, 10), features: { ...features, rows } };
    await expect(streamIngest(stream, memoryStore(), budget)).rejects.toThrow(
      /^Feature 2 of node 38 of nasty-40-1 is NaN/,
    );
  });
});
