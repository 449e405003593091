import { type Kernel, kernels } from '../kernels.ts';

/**
 * WGSL modules and what can be read off their text. The WGSL is the only place that says which parameters a kernel takes
 * and what its bindings are called; the executor fills both by name.
 */
const files = import.meta.glob<string>('../../../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

export interface ShaderModule {
  readonly code: string;
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
  const kernel: Kernel | undefined = kernels[name];
  if (!kernel) throw new Error(`kernel '${name}' is not in src/device/kernels.ts`);
  const code = edit(['common', ...kernel.files].map(shaderText).join('\n'));
  return { code, params: readParams(code), bindings: readBindings(code) };
}

function readParams(code: string): Parameter[] {
  const body = /struct Params \{([^}]*)\}/.exec(code)?.[1] ?? '';
  return [...body.matchAll(/^\s*(\w+): (u32|f32),/gm)].map(([, name, type]) => ({
    name,
    type: type as Parameter['type'],
  }));
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
