import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

const SUFFIX = '.wgsl?raw';

/** Gives WGSL files as text without their comments, which are as long as the code: the page sends what it runs. */
export function shaders(): Plugin {
  return {
    name: 'shaders',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(SUFFIX)) return null;
      const path = id.slice(0, -'?raw'.length);
      this.addWatchFile(path);
      return `export default ${JSON.stringify(withoutComments(await readFile(path, 'utf8')))};`;
    },
  };
}

/** WGSL has no texts in quotes, so two slashes always begin a comment. */
export function withoutComments(wgsl: string): string {
  return wgsl
    .split('\n')
    .map((line) => line.replace(/\s*\/\/.*$/, ''))
    .filter((line, i, lines) => line !== '' || (lines[i - 1] ?? '') !== '')
    .join('\n');
}
