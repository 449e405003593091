import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import asc from 'assemblyscript/asc';
import type { Plugin } from 'vite';

const SUFFIX = '?wasm';

/** Compiles what is imported as `….ts?wasm` from AssemblyScript to a module of WebAssembly that imports its memory. */
export function assemblyScript(): Plugin {
  return {
    name: 'assemblyscript',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(SUFFIX)) return null;
      const entry = id.slice(0, -SUFFIX.length);
      for (const name of readdirSync(dirname(entry))) this.addWatchFile(join(dirname(entry), name));
      const text = Buffer.from(await compile(relative(process.cwd(), entry))).toString('base64');
      return `export default Uint8Array.from(atob('${text}'), (letter) => letter.charCodeAt(0));`;
    },
  };
}

/** @throws Error with what the compiler says */
async function compile(entry: string): Promise<Uint8Array> {
  const flags = [
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--enable',
    'simd',
    '--outFile',
    'out.wasm',
  ];
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([entry, ...flags], {
    writeFile(_, contents) {
      if (typeof contents !== 'string') binary = contents;
    },
  });
  if (!binary) throw new Error(`${entry}: ${stderr}${error?.message ?? 'the compiler wrote nothing'}`);
  return binary;
}
