import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** For the tests: the command line as a user runs it, built into a folder of its own with a catalogue of its own. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Binary {
  /** The package's folder: dist/edgewise.js and datasets/catalogue.json are in it. */
  readonly folder: string;
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  remove(): void;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds src/cli/main.ts as `npm run build` does. The folder lies in the repository, so that `webgpu` is found. */
export async function buildBinary(catalogue: unknown): Promise<Binary> {
  const cache = join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'cli-test-'));
  mkdirSync(join(folder, 'datasets'));
  writeFileSync(join(folder, 'datasets', 'catalogue.json'), JSON.stringify(catalogue));
  await build({
    root: ROOT,
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'error',
    build: { ssr: true, outDir: join(folder, 'dist') },
  });
  const script = join(folder, 'dist', 'edgewise.js');
  return {
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    run: (args, env = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, ...args], {
          env: { ...process.env, EDGEWISE_CACHE: join(folder, 'cache'), ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (text) => {
          stdout += text;
        });
        child.stderr.setEncoding('utf8').on('data', (text) => {
          stderr += text;
        });
        child.on('error', reject);
        child.on('close', (status) => resolve({ status, stdout, stderr }));
      }),
  };
}
