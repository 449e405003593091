import { expect, test } from 'vitest';
import { InputError } from '../../config/errors.ts';
import { DEFAULT_LIMITS, WORKGROUP } from '../../tensor/plan.ts';
import { CPU } from '../cpu/bytes.ts';
import { kernels } from '../kernels.ts';
import { allCases } from '../testing/cases.ts';
import { buildCase, inTiles } from '../testing/opCase.ts';
import { workgroupSize } from './pipelines.ts';
import { shaderModule, shaderText } from './shaders.ts';

/** What the executor reads off the WGSL, and what it takes for granted about it. */

const names = Object.keys(kernels);

/** Functions of a module with their bodies; WGSL has no nested functions, so a body ends at a brace in column 0 or `; }`. */
function functions(code: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const match of code.matchAll(/fn (\w+)\(/g)) {
    let depth = 0;
    let at = code.indexOf('{', match.index);
    const begin = at;
    do {
      if (code[at] === '{') depth++;
      if (code[at] === '}') depth--;
      at++;
    } while (depth > 0);
    found.set(match[1], code.slice(begin, at));
  }
  return found;
}

/** Text of an entry point and of everything that it calls. */
function reached(name: string): string {
  const bodies = functions(shaderModule(name).code.replace(/\/\/.*$/gm, ''));
  const seen = new Set<string>();
  const visit = (fn: string): void => {
    const body = bodies.get(fn);
    if (body === undefined || seen.has(fn)) return;
    seen.add(fn);
    for (const [, called] of body.matchAll(/\b(\w+)\(/g)) visit(called);
  };
  visit(shaderModule(name).entry);
  return [...seen].map((fn) => bodies.get(fn)).join('\n');
}

/** Names of the parameters of each kernel's dispatches, one set per distinct list; panels pass more than whole matrices. */
const passed = new Map<string, Set<string>>();
for (const limits of [DEFAULT_LIMITS, { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 24 * 1024 }]) {
  for (const c of allCases()) {
    let built: ReturnType<typeof buildCase>;
    try {
      built = buildCase(c, limits);
    } catch (error) {
      // Index lists are never cut: some cases have larger ones than the small limit.
      if (error instanceof InputError) continue;
      throw error;
    }
    for (const dispatch of Object.values(built.plan.routines).flat().flatMap(inTiles)) {
      const list = Object.keys(dispatch.at(built.step).params).sort().join(' ');
      passed.set(dispatch.kernel, (passed.get(dispatch.kernel) ?? new Set()).add(list));
    }
  }
}

/** Left out on purpose: the executor fills 0, which is right because nt always begins at an output panel's first column. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = { 'matmul.nt': ['outOffset4'] };

test.each(names)('%s: every dispatch passes every parameter that the entry point uses', (name) => {
  const used = new Set([...reached(name).matchAll(/\bp\.(\w+)/g)].map(([, parameter]) => parameter));
  expect(passed.get(name)?.size).toBeGreaterThan(0);
  for (const list of passed.get(name)!) {
    // What is missing becomes 0 without a word, so only this test would notice.
    const missing = [...used].filter((parameter) => !list.split(' ').includes(parameter));
    expect(missing).toEqual(LEFT_OUT[name.split('#')[0]] ?? []);
  }
});

test.each(names)('%s: no member of Params and no binding is overlooked', (name) => {
  const { code, params, bindings } = shaderModule(name);
  const [, struct] = /struct Params \{([^}]*)\}/.exec(code)!;
  const members = struct
    .replace(/\/\/.*$/gm, '')
    .split(',')
    .map((member) => member.trim())
    .filter(Boolean);
  expect(params.map((parameter) => `${parameter.name}: ${parameter.type}`)).toEqual(members);
  expect(bindings.size).toBe(code.match(/var<storage/g)!.length);
  const indices = [...bindings.values()].map(({ index }) => index);
  expect(new Set([0, ...indices]).size).toBe(bindings.size + 1);
});

test('workgroups: what plans count with, what WGSL declares, what devices get', () => {
  expect(shaderText('common')).toContain(`override WORKGROUP: u32 = ${WORKGROUP}u;`);
  for (const name of names) {
    const { code, entry } = shaderModule(name);
    const entries = [...code.matchAll(/@compute ([^\n]*)\nfn (\w+)/g)];
    expect(entries.map(([, , fn]) => fn)).toContain(entry);
    for (const [, size] of entries) expect(size).toBe('@workgroup_size(WORKGROUP)');
  }
  // 256 invocations: https://www.w3.org/TR/webgpu/#limits
  for (const software of [true, false]) {
    const size = workgroupSize({ ...CPU, software });
    expect(size).toBeGreaterThanOrEqual(WORKGROUP);
    expect(size).toBeLessThanOrEqual(256);
  }
});

test('a name that is in no table, or a file that is not there, is named', () => {
  expect(() => shaderModule('aggregate.rows.mean')).toThrow(/aggregate\.rows\.mean/);
  expect(() => shaderText('nowhere')).toThrow(/shaders\/nowhere\.wgsl/);
});
