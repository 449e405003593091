import { expect, test } from 'vitest';
import { packHalves, unpackHalves } from '../half.ts';
import { allCases } from '../testing/cases.ts';
import { runCase, tightLimits } from '../testing/opCase.ts';
import { measuring, withinRules } from '../testing/rule.ts';
import { fitsSimd } from './bytes.ts';
import { cpuExecutor, cpuKernels } from './executor.ts';
import type { CpuKernel } from './kernel.ts';
import { simdHalves, simdKernels } from './simd.ts';

/** The compiled kernels: each replaces one in JavaScript, runs, and computes the same. */

const compiled = simdKernels(new WebAssembly.Memory({ initial: 1 }));
const [whole, inPanels] = [measuring(), measuring(tightLimits)];

test('Node has vector instructions', () => {
  expect(fitsSimd(1)).toBe(true);
});

test('each replaces one of the same name', () => {
  for (const name of Object.keys(compiled)) expect(cpuKernels).toHaveProperty([name]);
});

/** The JavaScript kernels, but one that does nothing: what still comes out right does not run it. */
const without = (name: string): Record<string, CpuKernel> => ({ ...cpuKernels, [name]: () => {} });

const cases = allCases();

test.each(Object.keys(compiled))('%s is needed by some case, and is within the rule in all of them', async (name) => {
  let needed = false;
  for (const measure of [whole, inPanels]) {
    for (const c of cases) {
      const measured = await measure(c);
      const { plan } = measured.built;
      if (!plan.routines.main.some(({ kernel }) => kernel === name)) continue;
      const { ok, message } = withinRules(await runCase(measured.built, cpuExecutor(plan)), measured);
      expect(ok, `${c.name}: ${message}`).toBe(true);
      const lacking = await runCase(measured.built, cpuExecutor(plan, { kernels: without(name) }));
      needed ||= !withinRules(lacking, measured).ok;
    }
  }
  expect(needed).toBe(true);
});

/** Numbers in a memory of their own, and the kernels that work on it. */
function numbers(count: number) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const [x, out] = [0, 4 * count].map((offset) => new Float32Array(memory.buffer, offset, count));
  return { x, out, kernels: simdKernels(memory) };
}

const COUNT = 4096;

test.each([
  ['e^x − 1', 'activation.elu', -100, 0, (x: number) => Math.expm1(x)],
  ['ln(1 + e^x)', 'loss.logSumExp', -60, 60, (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
] as const)('%s is within a few units in the last place of numbers near 1', (_, name, from, to, exact) => {
  const { x, out, kernels } = numbers(COUNT);
  const columns = name === 'loss.logSumExp' ? 4 : 1;
  const count = COUNT / columns;
  const values = Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / count);
  // A loss has rows of two columns: the number, and 0.
  values.forEach((value, i) => {
    x[i * columns] = value;
  });
  const params = { rows: columns === 4 ? count : 1, width4: columns === 4 ? 1 : count / 4, cols: 2, merge: 0 };
  kernels[name]({ floats: { x, out, outLogSumExp: out }, words: {} }, params);
  values.forEach((value, i) => {
    const right = exact(value);
    expect(Math.abs(out[i] - right), `${value}`).toBeLessThanOrEqual(4 * 2 ** -24 * Math.max(1, Math.abs(right)));
  });
});

test('what is infinite or no number stays one', () => {
  const { x, out, kernels } = numbers(4);
  x.set([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -1e30]);
  kernels['activation.elu']({ floats: { x, out }, words: {} }, { rows: 1, width4: 1 });
  expect([...out]).toEqual([Number.NaN, -1, Number.POSITIVE_INFINITY, -1]);
  x.set([0, Number.NaN, 0, 0]);
  kernels['loss.logSumExp']({ floats: { x, outLogSumExp: out }, words: {} }, { rows: 1, width4: 1, cols: 2, merge: 0 });
  expect(out[0]).toBeNaN();
});

test('numbers in half precision are those of half.ts, bit for bit', () => {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const halves = new Uint16Array(memory.buffer, 0, 65536);
  const floats = new Float32Array(memory.buffer, 2 ** 17, 65536);
  const back = new Uint16Array(memory.buffer, 2 ** 19, 65536);
  const convert = simdHalves(memory);
  halves.forEach((_, i) => {
    halves[i] = i;
  });
  convert.unpack(halves, floats, halves.length);
  const known = new Float32Array(halves.length);
  unpackHalves(halves, known);
  expect(bitsOf(floats)).toEqual(bitsOf(known));
  // Every number, what lies around the middle to the next, and what is too large or too small.
  const steps = [0, 0xfff, 0x1000, 0x1001, 0x1fff];
  for (const step of steps) {
    const words = bitsOf(known).map((bits) => bits + step);
    bitsOf(floats).set(words);
    convert.pack(floats, back, back.length);
    const right = new Uint16Array(back.length);
    packHalves(new Float32Array(words.buffer), right);
    expect(back).toEqual(right);
    convert.round(floats);
    const rounded = new Float32Array(right.length);
    unpackHalves(right, rounded);
    expect(bitsOf(floats)).toEqual(bitsOf(rounded));
  }
});

const bitsOf = (floats: Float32Array) => new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
