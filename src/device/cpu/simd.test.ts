import { expect, test } from 'vitest';
import { allCases } from '../testing/cases.ts';
import { measuring, runCase, tightLimits, withinRules } from '../testing/opCase.ts';
import { cpuExecutor, cpuKernels } from './executor.ts';
import type { CpuKernel } from './kernel.ts';
import { SIMD, simdKernels } from './simd.ts';

/** The compiled kernels: each replaces one in JavaScript, runs, and computes the same. */

const compiled = simdKernels(new WebAssembly.Memory({ initial: 1 }));
const [whole, inPanels] = [measuring(), measuring(tightLimits)];

test('Node has vector instructions', () => {
  expect(SIMD).toBe(true);
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
