import { flowName, parseFusedName, type StageName, stageName, storedName } from '../../tensor/fusedName.ts';
import { type Elementwise, isElementwise, kernels } from '../kernels.ts';

/**
 * WGSL modules and what can be read off their text. The WGSL is the only place that says which parameters a kernel takes
 * and what its bindings are called; the executor fills both by name.
 *
 * A matrix whose binding is called `x` is read by `xAt(i)` and written by `putX(i, value)`, where a kernel's text does so, and
 * `xFrom(at)` reads four numbers from any one on (shaders/unaligned.wgsl): these functions are written here. That is where the stages of a fused kernel stand: between what is computed and what is stored; and
 * where a matrix in half precision is unpacked and packed.
 */
const files = import.meta.glob<string>('../../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

export interface ShaderModule {
  readonly code: string;
  readonly entry: string;
  /** Members of `struct Params` in order; each is one 32-bit word. */
  readonly params: readonly Parameter[];
  readonly bindings: ReadonlyMap<string, Binding>;
}

export interface Parameter {
  readonly name: string;
  readonly type: 'u32' | 'f32';
}

export interface Binding {
  readonly index: number;
  readonly access: 'read' | 'read_write';
}

export function shaderText(file: string): string {
  const text = files[`../../../shaders/${file}.wgsl`];
  if (text === undefined) throw new Error(`shaders/${file}.wgsl does not exist`);
  return text;
}

/** @param edit changes the text of a module: tests break kernels with it to see that the checkers notice */
export function shaderModule(name: string, edit: (code: string) => string = (code) => code): ShaderModule {
  const fused = parseFusedName(name);
  const head = kernelOf(fused.head);
  const stages = fused.stages.map((stage, i) => stageOf(stage, fused.halves.includes(flowName(i + 1)), i + 1));
  const [entry, text] = isElementwise(head)
    ? ['elementwise', alone(head)]
    : [head.entry, head.files.map(shaderText).join('\n')];
  const shared = [head, ...fused.stages.map(({ kernel }) => kernelOf(kernel))].flatMap((kernel) =>
    isElementwise(kernel) ? kernel.shared : [],
  );
  const ofHead = isElementwise(head) ? [] : head.files;
  const parts = [...new Set(['common', ...(fused.halves.length > 0 ? ['half'] : []), ...shared])]
    .filter((file) => !ofHead.includes(file))
    .map(shaderText);
  const members = stages.map((stage) => stage.members).join('');
  const whole = [
    ...parts,
    text.replace(/(struct Params \{[^}]*)\}/, `$1${members}}`),
    ...stages.map(({ code }) => code),
  ];
  const code = edit(enablesFirst(numberBindings(withAccessors(whole.join('\n'), stages, fused.halves))));
  return { code, entry, params: readParams(code), bindings: readBindings(code) };
}

/** What a module enables is said before anything is declared. */
function enablesFirst(code: string): string {
  const enables = /^enable \w+;\n/gm;
  return [...(code.match(enables) ?? []), code.replace(enables, '')].join('');
}

function kernelOf(name: string) {
  const kernel = kernels[name];
  if (!kernel) throw new Error(`kernel '${name}' is not in src/device/kernels.ts`);
  return kernel;
}

const ENTRY = `
@compute @workgroup_size(WORKGROUP)
fn elementwise(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  APPLY
}`;

/** Whether elementwise work gives what is stored, or changes what it declares itself. */
const givesValue = (text: string) => /fn apply\([^)]*\)\s*->/.test(text);

/** The kernel of elementwise work alone, one vec4 per invocation. */
function alone({ files: own }: Elementwise): string {
  const text = own.map(shaderText).join('\n');
  const operands = operandsOf(text);
  const members = membersOf(text).filter((member) => !/^(rows|width4):/.test(member));
  const call = `apply(${operands.map((name) => (name === 'id' ? name : `${name}At(id)`)).join(', ')})`;
  const gives = givesValue(text);
  return [
    structOf(['rows: u32', 'width4: u32', ...members]),
    '@group(0) @binding(0) var<uniform> p: Params;',
    ...operands.filter((name) => name !== 'id').map((name) => storage(name, 'read')),
    ...(gives ? [storage('out', 'read_write')] : []),
    text.replace(/struct Params \{[^}]*\}\n/, ''),
    ENTRY.replace('APPLY', gives ? `putOut(id, ${call});` : `${call};`),
  ].join('\n');
}

interface StageText {
  readonly code: string;
  /** Lines for `struct Params`. */
  readonly members: string;
  /** A statement that takes `value` at place `i` through the stage. */
  readonly statement: string;
}

/** Elementwise work as the k-th stage of a fused kernel: all that it declares gets the number. */
function stageOf({ kernel, operand: flowing, keeps }: StageName, rounds: boolean, k: number): StageText {
  const found = kernelOf(kernel);
  if (!isElementwise(found)) throw new Error(`kernel '${kernel}' is not elementwise`);
  const text = found.files
    .map(shaderText)
    .join('\n')
    .replace(/\/\/.*$/gm, '');
  const operands = operandsOf(text);
  const declared = [...text.matchAll(/\b(?:fn|const) (\w+)|var<storage, \w+> (\w+):/g)].map(([, a, b]) => a ?? b);
  const numbered = declared.reduce(
    (code, name) => code.replace(new RegExp(`(?<!\\.)\\b${name}\\b`, 'g'), stageName(name, k)),
    text.replace(/struct Params \{[^}]*\}\n/, ''),
  );
  const others = operands.filter((name) => name !== 'id' && name !== flowing).map((name) => stageName(name, k));
  const values = operands.map((name) =>
    name === 'id' ? 'i' : name === flowing ? 'value' : `${stageName(name, k)}At(i)`,
  );
  const call = `${stageName('apply', k)}(${values.join(', ')});`;
  return {
    code: [
      ...others.map((name) => storage(name, 'read')),
      ...(keeps ? [storage(storedName(k), 'read_write')] : []),
      numbered.replace(/\bp\.(\w+)/g, (_, name) => `p.${stageName(name, k)}`),
    ].join('\n'),
    members: membersOf(text)
      .map((member) => `  ${member.replace(/^(\w+)/, (name) => stageName(name, k))},\n`)
      .join(''),
    statement: `${rounds ? 'value = unpackHalf(packHalf(value)); ' : ''}${keeps ? `${putName(storedName(k))}(i, value); ` : ''}${givesValue(text) ? `value = ${call}` : call}`,
  };
}

/** Names of the arguments of `apply`: operands, read at the place that is written, and the place itself, `id`. */
function operandsOf(text: string): string[] {
  const [, list] = /fn apply\(([^)]*)\)/.exec(text)!;
  return list.split(',').map((argument) => argument.trim().split(':')[0]);
}

function membersOf(text: string): string[] {
  const body = /struct Params \{([^}]*)\}/.exec(text)?.[1] ?? '';
  return [...body.matchAll(/^\s*(\w+: (?:u32|f32)),/gm)].map(([, member]) => member);
}

function structOf(members: readonly string[]): string {
  return `struct Params {\n${members.map((member) => `  ${member},\n`).join('')}}\n`;
}

/** A declaration whose index `numberBindings` chooses. */
function storage(name: string, access: Binding['access']): string {
  return `@group(0) @binding(NEXT) var<storage, ${access}> ${name}: array<vec4f>;`;
}

/**
 * Adds `xAt` and `putX` of the matrices that the code reads and writes through them; the stages stand in `putOut`. Matrices in half
 * precision are unpacked and packed there, and nowhere else.
 */
function withAccessors(code: string, stages: readonly StageText[], halves: readonly string[]): string {
  const names = [...code.matchAll(/var<storage, \w+> (\w+): array<vec4f>/g)].map(([, name]) => name);
  const calls = [code, ...stages.map(({ statement }) => statement)].join('\n');
  const accessors = names.flatMap((name) => {
    const put = putName(name);
    const from = calls.includes(`${name}From(`);
    const [load, store] = halves.includes(name)
      ? [`unpackHalf(${name}[i])`, (value: string) => `${name}[i] = packHalf(${value});`]
      : [`${name}[i]`, (value: string) => `${name}[i] = ${value};`];
    const through = name === 'out' ? stages.map(({ statement }) => `  ${statement}\n`).join('') : '';
    const body = through ? `\n  var value = computed;\n${through}  ${store('value')}\n` : ` ${store('computed')} `;
    return [
      ...(calls.includes(`${name}At(`) || from ? [`fn ${name}At(i: u32) -> vec4f { return ${load}; }`] : []),
      ...(from ? [unaligned(name)] : []),
      ...(calls.includes(`${put}(`) ? [`fn ${put}(i: u32, computed: vec4f) {${body}}`] : []),
    ];
  });
  const declared = halves.reduce(
    (text, name) => text.replace(new RegExp(`(var<storage, \\w+> ${name}: )array<vec4f>`), '$1array<vec2u>'),
    code,
  );
  return [declared, ...accessors].join('\n');
}

const unaligned = (name: string) => `
fn ${name}From(at: u32) -> vec4f {
  if (at % 4u == 0u) { return ${name}At(at / 4u); }
  return fourFrom(${name}At(at / 4u), ${name}At(at / 4u + 1u), at % 4u);
}`;

const putName = (name: string) => `put${name[0].toUpperCase()}${name.slice(1)}`;

const halfBindings = new Map<string, ReadonlySet<string>>();

/** Whether a kernel reads and stores the matrix of a binding through its accessors alone, so that it can be in half precision. */
export function hasAccessors(kernel: string, binding: string): boolean {
  let found = halfBindings.get(kernel);
  if (!found) {
    const code = shaderModule(kernel).code.replace(/\/\/.*$/gm, '');
    const matrices = [...code.matchAll(/var<storage, \w+> (\w+): array<vec4f>/g)].map(([, name]) => name);
    // In its declaration, and in one line of each accessor.
    const onlyThere = (name: string) =>
      code
        .split('\n')
        .filter((line) => new RegExp(`\\b${name}\\[`).test(line))
        .every((line) => line.startsWith(`fn ${name}At(`) || line.startsWith(`fn ${putName(name)}(`));
    found = new Set(matrices.filter(onlyThere));
    halfBindings.set(kernel, found);
  }
  return found.has(binding);
}

/** A fused kernel has the bindings of all its parts: those that have no index yet, or one that is taken, get the next free one. */
function numberBindings(code: string): string {
  const taken = new Set<string>();
  let next = 0;
  return code.replace(/@binding\((\w+)\)/g, (text, index: string) => {
    if (index !== 'NEXT' && !taken.has(index)) {
      taken.add(index);
      return text;
    }
    while (code.includes(`@binding(${next})`) || taken.has(String(next))) next++;
    taken.add(String(next));
    return `@binding(${next})`;
  });
}

function readParams(code: string): Parameter[] {
  return membersOf(code).map((member) => {
    const [name, type] = member.split(': ');
    return { name, type: type as Parameter['type'] };
  });
}

function readBindings(code: string): Map<string, Binding> {
  const pattern = /@group\(0\) @binding\((\d+)\) var<storage, (read|read_write)> (\w+):/g;
  return new Map(
    [...code.matchAll(pattern)].map(([, index, access, name]) => [
      name,
      { index: Number(index), access: access as Binding['access'] },
    ]),
  );
}
