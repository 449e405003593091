import { describe, expect, it } from 'vitest';
import type { Config } from '../config/schema.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { forecastRun } from '../train/forecast.ts';
import { configOf, SAMPLED, testGraph } from '../train/testing/graphs.ts';
import { planLines, summaryLines } from './planLines.ts';
import { planReport, type Work } from './planReport.ts';

const graph = testGraph({ nodes: 800, features: 'identity' });

function planOf(changes: Partial<Config> = {}, bindable = DEFAULT_LIMITS.maxStorageBufferBindingSize) {
  const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: bindable };
  return forecastRun(graph, configOf(changes), { backend: 'webgpu', limits, capacityFrom: 'worst case' }).plan;
}

const PLANS = [
  ['full batch', planOf()],
  ['sampled', planOf(SAMPLED)],
  ['attention', planOf({ 'model.kind': 'gat' })],
  ['cut into panels', planOf({ 'model.hidden': 200 }, 64 * 1024)],
] as const;

const FIELDS = ['dispatches', 'threads', 'moved', 'least', 'flops'] as const;
const added = (list: readonly Work[]) =>
  Object.fromEntries(FIELDS.map((field) => [field, list.reduce((sum, work) => sum + work[field], 0)]));

describe.each(PLANS)('planReport: %s', (_, plan) => {
  const report = planReport(plan);

  it('is plain data, and adds up', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const sum = (list: readonly number[]) => list.reduce((total, bytes) => total + bytes, 0);
    expect(report.bytes).toBe(plan.bytes);
    expect(sum(report.slots.map(({ bytes }) => bytes))).toBe(plan.bytes);
    expect(sum(Object.values(report.purposes))).toBe(plan.bytes);
    expect(added(report.routines.map(({ total }) => total))).toEqual(report.total);
    expect(added(report.kernels)).toEqual(report.total);
    for (const { dispatches, total } of report.routines) {
      expect(added(dispatches.map((dispatch) => ({ ...dispatch, dispatches: 1 })))).toEqual(total);
    }
  });

  it('has each value in a slot that holds it, at each dispatch that touches it', () => {
    expect(report.values).toHaveLength(plan.placements.length);
    const dispatches = report.routines.flatMap((routine) => routine.dispatches);
    expect(dispatches.map(({ at }) => at)).toEqual([...dispatches.keys()]);
    for (const { name, bytes, buffer, from, to, rows, cols, resident } of report.values) {
      expect(bytes).toBeLessThanOrEqual(report.slots[buffer].bytes);
      expect(bytes).toBeGreaterThanOrEqual(4 * rows * cols);
      if (!resident) {
        // A value of the step lives from the beginning of its routine.
        expect(from).toBeLessThanOrEqual(to);
        const { reads, writes } = dispatches[to];
        expect([...reads, ...writes].map(({ value }) => value)).toContain(name);
      }
    }
  });
});

describe('planLines', () => {
  const report = planReport(planOf({ 'model.layers': 4 }));
  const planned = { report, config: configOf() };
  const short = planLines(planned, planned, false);
  const whole = planLines(planned, planned, true);

  it('cuts long lists and says so', () => {
    const hidden = report.values.length - 20;
    expect(hidden).toBeGreaterThan(0);
    expect(short).toContain(`  and ${hidden} more: --all lists them`);
    expect(whole.join('\n')).not.toContain('--all');
    expect(whole.length).toBeGreaterThan(short.length);
  });

  it('lists every value, slot, dispatch and kernel where it is asked to', () => {
    const count = (pattern: RegExp) => whole.filter((line) => pattern.test(line)).length;
    expect(count(/^ +\d.* → /)).toBe(report.total.dispatches);
    expect(count(/ × .*(always|\d+ to \d+)$/)).toBe(report.values.length);
    for (const { kernel, dispatches } of report.kernels) {
      const rows = whole.filter((line) => line.startsWith(`  ${kernel} `)).map((line) => line.slice(kernel.length + 2));
      expect(rows.some((rest) => new RegExp(`^ +${dispatches} `).test(rest))).toBe(true);
    }
  });

  it('sets two plans side by side', () => {
    const [a, b] = [planReport(planOf()), planReport(planOf(SAMPLED))];
    const lines = summaryLines([
      { title: 'full', report: a, config: configOf() },
      { title: 'sampled', report: b, config: configOf({ 'compute.compiled': 'off' }) },
    ]);
    const line = (start: string) => lines.find((text) => text.trim().startsWith(start))!;
    expect(lines[0]).toMatch(/^ {2}plan +full +sampled$/);
    for (const { bytes } of [a, b]) expect(line('bytes')).toContain(bytes.toLocaleString('en'));
    expect(line('routine update')).toMatch(/ none .* dispatches/);
    expect(line('compute.fuse (rounding)')).toMatch(/ on +off$/);
    expect(line('compute.recompute (exact)')).toMatch(/ off +off$/);
  });
});
