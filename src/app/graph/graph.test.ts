import { describe, expect, test } from 'vitest';
import { confidenceColor, UNLABELLED } from '../theme/palette.ts';
import { classScores } from './classScores.ts';
import { nearestNode, nodeGrid } from './nearestNode.ts';
import { degreeOf, neighboursOf, neighbourTowards } from './neighbours.ts';
import { leastConfidence, paintSheet, sureness, WRONG } from './nodePaint.ts';
import { nodeText, spoken } from './nodeText.ts';
import { boundsOf, MAX_ZOOM, panned, revealing, toGraph, toScreen, wholeView, zoomed, zoomOf } from './viewport.ts';

const SIZE = { width: 800, height: 400 };

describe('viewport', () => {
  const bounds = boundsOf(Float32Array.of(0.25, 0.5, 0.75, 0.25, 0.5, 1));
  const whole = wholeView(bounds, SIZE, 20);

  test('the whole graph is centred, as large as the smaller side allows', () => {
    expect(bounds).toEqual({ left: 0.25, top: 0.25, right: 0.75, bottom: 1 });
    expect(whole.scale).toBeCloseTo(360 / 0.75);
    expect(toScreen(whole, 0.5, 0.625)).toEqual([400, 200]);
    expect(toScreen(whole, 0.5, 1)[1]).toBeCloseTo(380);
  });

  test('one node, no node and no room give finite views', () => {
    for (const positions of [Float32Array.of(0.3, 0.3), new Float32Array(0)]) {
      for (const size of [SIZE, { width: 0, height: 0 }]) {
        const { scale, x, y } = wholeView(boundsOf(positions), size);
        expect([scale, x, y].every(Number.isFinite)).toBe(true);
        expect(scale).toBeGreaterThan(0);
      }
    }
  });

  test('screen and graph are inverse', () => {
    const [x, y] = toGraph(whole, ...toScreen(whole, 0.3, 0.9));
    expect(x).toBeCloseTo(0.3);
    expect(y).toBeCloseTo(0.9);
  });

  test('zooming keeps the point under the pointer, up to the limit, and ends at the whole graph', () => {
    const at = [380, 210] as const;
    const [gx, gy] = toGraph(wholeView(bounds, SIZE), ...at);
    const close = zoomed(wholeView(bounds, SIZE), 3, at, bounds, SIZE);
    expect(zoomOf(close, bounds, SIZE)).toBeCloseTo(3);
    expect(toScreen(close, gx, gy)[0]).toBeCloseTo(380);
    expect(toScreen(close, gx, gy)[1]).toBeCloseTo(210);
    expect(zoomOf(zoomed(close, 1e9, at, bounds, SIZE), bounds, SIZE)).toBeCloseTo(MAX_ZOOM);
    expect(zoomed(close, 0.01, at, bounds, SIZE)).toEqual(wholeView(bounds, SIZE));
  });

  test('panning cannot lose the graph', () => {
    expect(panned(whole, 10, -5, bounds, SIZE)).toEqual({ ...whole, x: whole.x + 10, y: whole.y - 5 });
    expect(toScreen(panned(whole, 9999, 0, bounds, SIZE), bounds.left, 0)[0]).toBeCloseTo(400);
    expect(toScreen(panned(whole, 0, -9999, bounds, SIZE), 0, bounds.bottom)[1]).toBeCloseTo(200);
  });

  test('a node is revealed by the smallest move', () => {
    expect(revealing(whole, 0.5, 0.625, SIZE)).toBe(whole);
    const moved = revealing({ ...whole, x: whole.x - 5000 }, 0.5, 0.625, SIZE, 30);
    expect(toScreen(moved, 0.5, 0.625)).toEqual([30, 200]);
  });
});

test('the nearest node is that of a full search', () => {
  const positions = Float32Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1009) / 1009);
  const grid = nodeGrid(positions);
  for (let k = 0; k < 200; k++) {
    const [x, y, radius] = [((k * 31) % 97) / 80 - 0.1, ((k * 57) % 89) / 80, 0.01 + (k % 7) / 50];
    let best: number | null = null;
    let least = radius;
    for (let v = 0; v < 500; v++) {
      const distance = Math.hypot(positions[2 * v] - x, positions[2 * v + 1] - y);
      if (distance > least) continue;
      [best, least] = [v, distance];
    }
    expect(nearestNode(grid, x, y, radius)).toBe(best);
  }
  expect(nearestNode(nodeGrid(new Float32Array(0)), 0.5, 0.5, 1)).toBeNull();
  expect(nearestNode(nodeGrid(Float32Array.of(0.5, 0.5, 0.5, 0.5)), 0.5, 0.5, 0.1)).toBe(1);
});

test('neighbours, and the one in a direction', () => {
  // 0 in the middle; 1 left, 2 far left, 3 above, 4 unlinked to the right.
  const positions = Float32Array.of(0.5, 0.5, 0.3, 0.45, 0.1, 0.5, 0.5, 0.2, 0.9, 0.5);
  const neighbours = neighboursOf(5, Uint32Array.of(2, 0, 0, 1, 0, 3));
  expect([...neighbours.nodes.subarray(0, 3)]).toEqual([1, 2, 3]);
  expect([0, 1, 4].map((v) => degreeOf(neighbours, v))).toEqual([3, 1, 0]);
  const towards = (['left', 'right', 'up', 'down'] as const).map((direction) =>
    neighbourTowards(neighbours, positions, 0, direction),
  );
  expect(towards).toEqual([1, null, 3, null]);
});

describe('paint', () => {
  const labels = Int32Array.of(0, 1, -1, 17, 1);
  const predictions = Uint16Array.of(0, 0, 1, 1, 1);
  const split = Uint8Array.of(1, 2, 0, 3, 3);
  const confidence = Uint8Array.of(255, 26, 140, 0, 255);
  const request = { labels, labelSets: null, predictions, confidence, classes: 18, split, highlight: null };
  const looksOf = (sheet: ReturnType<typeof paintSheet>) => Array.from(sheet.look, (k) => sheet.looks[k]);

  test('by class: equal classes alike, none in grey, colours repeat', () => {
    const sheet = paintSheet({ ...request, mode: 'class' });
    const [zero, one, none, seventeen, again] = looksOf(sheet);
    expect(again).toBe(one);
    expect(seventeen).toBe(one);
    expect(new Set([zero.color, one.color, none.color]).size).toBe(3);
    expect([...sheet.order]).toEqual([0, 1, 2, 3, 4]);
  });

  test('by prediction, or by class where there is none', () => {
    const [zero, one, two] = looksOf(paintSheet({ ...request, mode: 'prediction' }));
    expect(one).toBe(zero);
    expect(two).not.toBe(zero);
    expect(paintSheet({ ...request, predictions: null, mode: 'prediction' }).look).toEqual(
      paintSheet({ ...request, mode: 'class' }).look,
    );
  });

  test('by error: wrong validation and test nodes on top, training nodes not judged', () => {
    const sheet = paintSheet({ ...request, mode: 'error' });
    const looks = looksOf(sheet);
    expect(looks.map(({ color }) => color === WRONG)).toEqual([false, true, false, true, false]);
    expect(looks[0]).toBe(looks[2]);
    expect(looks[4].alpha).toBeGreaterThan(looks[0].alpha);
    expect([...sheet.order]).toEqual([0, 2, 4, 1, 3]);
  });

  test('by confidence: the least sure on top, none in grey', () => {
    const unseen = Uint16Array.of(0, 0, 0xffff, 1, 1);
    const sheet = paintSheet({ ...request, predictions: unseen, mode: 'confidence' });
    const looks = looksOf(sheet);
    expect(looks[0].color).toBe(confidenceColor(1));
    expect(looks[4]).toBe(looks[0]);
    expect(looks[3].color).toBe(confidenceColor(0));
    expect(looks[2].color).toBe(UNLABELLED);
    expect([...sheet.order]).toEqual([2, 0, 4, 1, 3]);
    // Of two classes none can be less likely than a half.
    expect([0.2, 0.5, 0.75, 1].map((share) => sureness(share, leastConfidence(2, false)))).toEqual([0, 0, 0.5, 1]);
  });

  test('nodes that are marked one by one stand out in every mode', () => {
    const highlight = Uint8Array.of(0, 0, 1, 1, 0);
    for (const mode of ['class', 'prediction', 'error', 'confidence'] as const) {
      const plain = looksOf(paintSheet({ ...request, mode }));
      const marked = looksOf(paintSheet({ ...request, mode, highlight }));
      marked.forEach(({ color, alpha }, v) => {
        expect(color).toBe(plain[v].color);
        expect(alpha < plain[v].alpha).toBe(highlight[v] === 0);
      });
    }
  });

  test('of several labels, each that a node has is right and is highlighted', () => {
    const labelSets = { indptr: Uint32Array.of(0, 1, 3, 3, 4, 5), indices: Uint32Array.of(0, 0, 1, 17, 1) };
    const several = { ...request, labels: Int32Array.of(0, 0, -1, 17, 1), labelSets };
    const wrong = (sheet: ReturnType<typeof paintSheet>) => looksOf(sheet).map(({ color }) => color === WRONG);
    expect(wrong(paintSheet({ ...several, mode: 'error' }))).toEqual([false, false, false, true, false]);
    expect(wrong(paintSheet({ ...several, mode: 'error', predictions: Uint16Array.of(0, 2, 1, 17, 0) }))).toEqual([
      ...[false, true, false, false, true],
    ]);
    const lit = looksOf(paintSheet({ ...several, mode: 'class', highlight: 1 }));
    expect(lit.map(({ alpha }) => alpha === 1)).toEqual([false, true, false, false, true]);
    // Each label is a decision of its own, so that the strongest may be as unlikely as can be: of two classes too.
    expect(leastConfidence(2, true)).toBe(0);
    const two = { ...request, predictions: Uint16Array.of(0, 0, 0, 0, 0), classes: 2, mode: 'confidence' } as const;
    const colours = (labelSets: typeof several.labelSets | null) =>
      looksOf(paintSheet({ ...two, labelSets })).map(({ color }) => color);
    expect(colours(null)[1]).toBe(confidenceColor(0));
    expect(colours(labelSets)[1]).not.toBe(confidenceColor(0));
    expect(colours(labelSets)[3]).toBe(confidenceColor(0));
  });

  test.each(['class', 'prediction', 'error', 'confidence'] as const)(
    '%s: a highlighted class keeps its look and lies on top',
    (mode) => {
      const plain = paintSheet({ ...request, mode });
      const lit = paintSheet({ ...request, mode, highlight: 1 });
      const shown = mode === 'prediction' ? predictions : labels;
      looksOf(lit).forEach((look, v) => {
        const before = looksOf(plain)[v];
        expect(look.color).toBe(before.color);
        if (shown[v] === 1) expect(look.alpha).toBe(before.alpha);
        else expect(look.alpha).toBeLessThan(before.alpha);
      });
      expect(shown[lit.order[4]]).toBe(1);
    },
  );
});

describe('scores', () => {
  const graph = { labels: Int32Array.of(0, 0, 0, 1, 1, -1), labelSets: null };
  const split = Uint8Array.of(1, 2, 3, 3, 3, 0);

  test('per class and part of the split', () => {
    const scores = classScores(3, graph, Uint16Array.of(0, 0, 1, 1, 0, 0), split);
    expect(scores).toEqual([
      { nodes: 3, validation: { right: 1, of: 1 }, test: { right: 0, of: 1 } },
      { nodes: 2, validation: { right: 0, of: 0 }, test: { right: 1, of: 2 } },
      { nodes: 0, validation: { right: 0, of: 0 }, test: { right: 0, of: 0 } },
    ]);
  });

  test('without predictions or a split, and with labels that have no class', () => {
    expect(classScores(1, graph, null, split)[0]).toEqual({
      nodes: 3,
      validation: { right: 0, of: 1 },
      test: { right: 0, of: 1 },
    });
    expect(classScores(2, graph, Uint16Array.of(0, 0, 0, 1, 1, 0), null)[1].test).toEqual({ right: 0, of: 0 });
  });

  test('count a node of several labels in each of them', () => {
    const labelSets = { indptr: Uint32Array.of(0, 2, 3, 3), indices: Uint32Array.of(0, 1, 1) };
    const several = { labels: Int32Array.of(0, 1, -1), labelSets };
    expect(classScores(2, several, null, null).map(({ nodes }) => nodes)).toEqual([1, 2]);
  });
});

describe('what is told of a node', () => {
  const graph = {
    id: 'g',
    catalogueId: null,
    info: { name: 'g', nodes: 2, edges: 1, features: 1, classes: 2, fingerprint: '' },
    classNames: ['tea', '<b>coffee</b>'],
    labels: Int32Array.of(1, -1),
    labelSets: null,
    splits: [],
    positions: null,
    edges: null,
    nodeIds: null,
    featureNames: null,
    featureless: false,
    diskBytes: null,
    layout: null,
    notes: [],
  };

  test('class, prediction, part, degree', () => {
    const split = Uint8Array.of(3, 0);
    expect(spoken(nodeText(graph, 0, 1200, Uint16Array.of(0, 1), split))).toBe(
      'node 0: class <b>coffee</b>; predicted tea, wrong; split test; neighbours 1,200.',
    );
    expect(spoken(nodeText(graph, 1, 0, Uint16Array.of(0, 1), split))).toBe(
      'node 1: class unlabelled; predicted <b>coffee</b>; split not in this split; neighbours 0.',
    );
    expect(spoken(nodeText(graph, 0, 1, Uint16Array.of(1, 0xffff), split, Uint8Array.of(204, 0)))).toContain(
      'predicted <b>coffee</b>, right; confidence 80 %; split test',
    );
    expect(spoken(nodeText(graph, 1, 1, Uint16Array.of(1, 0xffff), split, Uint8Array.of(204, 0)))).toContain(
      'predicted not evaluated; split not in this split',
    );
    expect(spoken(nodeText(graph, 0, 1, null, null))).toContain('class <b>coffee</b>; split not in this split');
  });

  test('all labels of a node that has several, and the strongest as it is predicted', () => {
    const labelSets = { indptr: Uint32Array.of(0, 2, 2), indices: Uint32Array.of(0, 1) };
    const several = { ...graph, labels: Int32Array.of(0, -1), labelSets };
    expect(spoken(nodeText(several, 0, 1, Uint16Array.of(1, 0), null))).toContain(
      'labels tea, <b>coffee</b>; strongest <b>coffee</b>, right;',
    );
    expect(spoken(nodeText(several, 1, 1, null, null))).toContain('labels unlabelled;');
  });

  test('names of any length are cut, between characters', () => {
    const { title } = nodeText({ ...graph, nodeIds: ['😀'.repeat(500), ''] }, 0, 1, null, null);
    expect(title).toBe(`${'😀'.repeat(120)}…`);
  });
});
