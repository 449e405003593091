import { describe, expect, it } from 'vitest';
import { NEAR_SHARE } from '../task/umap.ts';
import type { BenchContext } from './suite.ts';
import type { TraceEvent } from './trace.ts';
import { type DrivenPage, type ViewsSource, views } from './views.ts';
import { layoutTimes, SPAN, seen, type Watched } from './viewTimes.ts';

const URL = 'http://127.0.0.1:1234/page/';
const MAIN = { pid: 7, tid: 1 };
const COMPOSITOR = { pid: 7, tid: 2 };
const instant = (name: string, at: number, thread = MAIN): TraceEvent => ({ ...thread, name, ph: 'I', ts: 1000 * at });

/** A trace of so many milliseconds, with frames and tasks at these. */
function watched(
  ms: number,
  frames: readonly number[],
  tasks: readonly (readonly [at: number, ms: number])[],
): Watched {
  const trace: TraceEvent[] = [
    { name: 'thread_name', ph: 'M', ...MAIN, ts: 0, args: { name: 'CrRendererMain' } },
    {
      ...{ name: 'TracingStartedInBrowser', ph: 'I', pid: 1, tid: 1, ts: 0 },
      args: { data: { frames: [{ url: `${URL}#data=karate`, processId: MAIN.pid }] } },
    },
    instant(SPAN.begun, 1000),
    ...frames.map((at) => instant('DrawFrame', 1000 + at, COMPOSITOR)),
    ...tasks.map(([at, dur]) => ({
      ...MAIN,
      name: 'RunTask',
      ph: 'X',
      ts: 1000 * (1000 + at),
      dur: 1000 * dur,
      tdur: 500 * dur,
    })),
    instant(SPAN.ended, 1000 + ms),
  ];
  return { trace, url: URL };
}

describe('what a trace says of what was done', () => {
  it('counts the frames that the compositor of the page drew, and finds the longest task, however short', () => {
    const { trace, url } = watched(
      500,
      [-20, 10, 200, 499, 510],
      [
        [5, 12],
        [100, 31],
        [600, 90],
      ],
    );
    const elsewhere = instant('DrawFrame', 1100, { pid: 5, tid: 2 });
    const { ms, frames, task, cpuMs } = seen({ trace: [...trace, elsewhere], url });
    expect([ms, frames]).toEqual([500, 3]);
    expect([task.start, task.ms, cpuMs]).toEqual([100, 31, 15.5]);
  });

  it('needs both marks', () => {
    const { trace, url } = watched(500, [], []);
    expect(seen({ trace, url }).task.ms).toBe(0);
    expect(() => seen({ trace: trace.filter(({ name }) => name !== SPAN.ended), url })).toThrow(SPAN.ended);
  });
});

describe('the parts of a layout', () => {
  it('are told apart by its progress; what is said twice is no news', () => {
    const readings = [
      { at: 100, share: 0.01 },
      { at: 400, share: NEAR_SHARE / 2 },
      { at: 700, share: NEAR_SHARE / 2 },
      { at: 1000, share: NEAR_SHARE },
      { at: 1200, share: 1 },
    ];
    expect(layoutTimes(readings, 1300)).toEqual({ neighbours: 1000, layout: 300, silence: 600 });
  });

  it('are not guessed where the page told nothing, and its silence at the end counts', () => {
    expect(() => layoutTimes([{ at: 10, share: 0.1 }], 100)).toThrow('told no progress');
    expect(layoutTimes([{ at: 10, share: 0.5 }], 100).silence).toBe(90);
  });
});

/** Each thing takes as long as it was done often; the first time it takes much longer. */
function fakeSource() {
  const log: string[] = [];
  const count = (what: string) => {
    log.push(what);
    const times = log.filter((one) => one === what).length;
    return times === 1 ? 1000 : 100 + times;
  };
  const moved = async (what: string) =>
    watched(
      1000,
      Array.from({ length: count(what) / 10 }, (_, i) => i),
      [[0, count(`${what} task`)]],
    );
  const page: DrivenPage = {
    device: { backend: 'webgpu', vendor: '', architecture: '', description: 'fake', software: true },
    picture: async () => 'A picture.',
    pan: () => moved('pan'),
    zoom: () => moved('zoom'),
    train: async () => void log.push('train'),
    watchTraining: () => Promise.reject(new Error('that is for the suite of the page')),
    async project(method) {
      const ms = count(method);
      return { ...watched(ms, [], [[0, 20]]), readings: [{ at: ms / 2, share: NEAR_SHARE }], caption: `By ${method}.` };
    },
    withoutEdge: async (_, edge) => count('edge') + 1000 * edge,
  };
  const source: ViewsSource = {
    async visit(hash, graph, use) {
      log.push(`visit ${hash}${graph ? ` ${graph.nodes}` : ''}`);
      return use(page);
    },
    close: async () => void log.push('closed'),
  };
  return { source, log };
}

const context = (only?: string): BenchContext => ({
  ...{ backends: [], seeds: 1, asked: { data: 'karate', sets: ['model.kind=gat'] }, quick: true, only },
  graph: () => Promise.reject(new Error('no graph is asked for')),
  progress: () => {},
});

describe('the suite', () => {
  it('leaves out the first time of all but the answers, and closes the browser', async () => {
    const { source, log } = fakeSource();
    const { rows, tables, notes, device } = await views(context(), source);
    const of = (name: string) => rows.find((row) => row.name === name)!;
    expect(device.description).toBe('fake');
    expect(notes).toEqual(['A picture.', 'By umap.']);
    expect(of('panning: longest task')).toMatchObject({ median: 104, lo: 102, hi: 106 });
    expect(of('zooming: frames drawn')).toMatchObject({ unit: 'per s', hi: 10 });
    expect(of('UMAP: neighbours').median).toBeCloseTo(0.103 / 2);
    expect(of('UMAP: layout').median).toBeCloseTo(0.103 / 2);
    expect(of('PCA').median).toBeCloseTo(0.103);
    expect(of('what if: first answer').median).toBe(1000);
    // Of the second to the twelfth.
    expect(of('what if: next answers').median).toBe(6107);
    expect(tables[0].rows.map(([name, ms]) => [name, ms])).toEqual([
      ['panning', 106],
      ['zooming', 106],
      ['UMAP', 20],
      ['PCA', 20],
    ]);
    expect(log.filter((one) => one.startsWith('visit'))).toEqual([
      'visit #data=debian-small&preset=gcn&model.hidden=64&training.epochs=5 2000',
      'visit #data=debian-small&preset=gcn&model.hidden=64&training.epochs=5 2000',
      'visit #data=karate&preset=gat&training.epochs=5',
    ]);
    expect(log.at(-1)).toBe('closed');
  });

  it('measures what is asked for alone', async () => {
    const { source, log } = fakeSource();
    const { rows, tables } = await views(context('What'), source);
    expect(rows.map(({ name }) => name)).toEqual(['what if: first answer', 'what if: next answers']);
    expect(tables).toEqual([]);
    expect(log).not.toContain('umap');
  });

  it('opens no page at a preset that does not exist', async () => {
    const { source, log } = fakeSource();
    const asked = { preset: 'debian-gat', sets: [] };
    await expect(views({ ...context('what'), asked }, source)).rejects.toThrow('unknown preset "debian-gat"');
    expect(log).toEqual(['closed']);
  });

  it('names its views where none is meant', async () => {
    const { source, log } = fakeSource();
    await expect(views(context('charts'), source)).rejects.toThrow(
      /no view is called charts; there are panning and zooming/,
    );
    expect(log).toEqual(['closed']);
  });
});
