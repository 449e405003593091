import { describe, expect, test } from 'vitest';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { BENCH_SUITES } from '../run/benchResult.ts';
import { forecast } from '../train/session.ts';
import { CPU } from '../train/testing/backends.ts';
import { testGraph } from '../train/testing/graphs.ts';
import { budgets } from './budgets.ts';
import type { BenchRequest } from './portable.ts';

describe('accuracy and time against memory', () => {
  const graph = testGraph({ nodes: 200 });
  const config: Config = { ...DEFAULTS, 'training.epochs': 3, 'model.hidden': 16, 'sampling.strategy': 'neighbor' };
  const request = (config: Config): BenchRequest => ({
    backend: CPU.backend,
    config,
    repetitions: 2,
    job: (config) => ({ graph, config, backend: CPU.backend }),
    progress: () => {},
  });

  test('the full batch takes what its plan says, every budget is kept, and what cannot be is refused', async () => {
    const { rows } = await budgets(request(config));
    expect(rows).toHaveLength(BENCH_SUITES.budgets.parts);
    const full: Config = { ...config, 'sampling.strategy': 'full', 'evaluation.strategy': 'full' };
    const { forecast: whole } = await forecast({ graph, config: full, backend: CPU.backend, fit: false });
    const { bytes } = whole.plan;
    expect(rows[0].figures.plan).toEqual({ median: bytes, lo: bytes, hi: bytes });
    expect(rows[0].note).toBe('');
    const fitted = rows.filter(({ figures }) => figures.plan);
    const refused = rows.filter(({ figures }) => !figures.plan);
    expect(fitted.length).toBeGreaterThan(1);
    expect(refused.length).toBeGreaterThan(0);
    for (const [i, { figures }] of rows.entries()) {
      if (figures.plan) expect(figures.plan.hi).toBeLessThanOrEqual(bytes / 2 ** i);
    }
    const memory = fitted.map(({ figures }) => figures.plan!.median);
    expect(memory).toEqual(memory.toSorted((a, b) => b - a));
    for (const { figures, note } of fitted.slice(1)) {
      expect(figures.epoch!.median).toBeGreaterThan(0);
      expect(figures.accuracy!.hi).toBeLessThanOrEqual(1);
      expect(note).toMatch(/=/);
    }
    for (const { note, figures } of refused) {
      expect(figures).toEqual({});
      expect(note).toMatch(/memory\.gpuBudget/);
    }
  });

  test('every repetition has a seed of its own, and a score is the one that the run is judged by', async () => {
    const seeds: number[] = [];
    const binary = testGraph({ nodes: 120, classes: 2 });
    const asked = request({ ...config, 'training.seed': 5, 'task.metric': 'rocAuc' });
    const { rows } = await budgets({
      ...asked,
      job(config) {
        seeds.push(config['training.seed']);
        return { graph: binary, config, backend: CPU.backend };
      },
    });
    expect(new Set(seeds)).toEqual(new Set([5, 6]));
    expect(rows[0].figures.rocAuc).toBeDefined();
    expect(rows[0].figures.accuracy).toBeUndefined();
  });

  test('one epoch is the warm-up alone', async () => {
    await expect(budgets(request({ ...config, 'training.epochs': 1 }))).rejects.toThrow('set 2 or more.');
  });
});
