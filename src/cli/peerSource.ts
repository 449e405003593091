import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { GemmPeer, Peer, PeerInput, PeerSource } from '../bench/peers.ts';
import { STEPS } from '../bench/peers.ts';
import type { BenchContext } from '../bench/suite.ts';

/** Where the peers of the bench come from: modules of bench/peers, and a Python script. What is missing is said. */
const PEERS = fileURLToPath(new URL('../bench/peers/', import.meta.url));
const MODULES = ['jax-js', 'tfjs-webgpu'] as const;

/** What a module exports. */
interface PeerModule {
  createPeer(input: PeerInput & { readonly formulation: string }): Promise<Peer>;
  createGemm(side: number): Promise<GemmPeer>;
  readonly formulations: readonly string[];
}

export function peerSource({ backends, progress }: BenchContext): PeerSource {
  /** None where they cannot run. */
  const modules = async (): Promise<PeerModule[]> => {
    const backend = backends.find(({ kind }) => kind === 'webgpu');
    if (backend?.kind !== 'webgpu') {
      progress('browser peers: left out, there is no adapter');
      return [];
    }
    if (!existsSync(join(PEERS, 'node_modules'))) {
      progress('browser peers: left out; install them with npm ci in bench/peers');
      return [];
    }
    const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(PEERS, name)).href);
    const { installShims } = await load('shims.mjs');
    installShims(backend.gpu);
    const loaded: PeerModule[] = [];
    for (const name of MODULES) loaded.push(await load(`${name}.mjs`));
    return loaded;
  };
  return {
    async open(input) {
      // One formulation after the other, so that each library shows its best.
      return (await modules()).flatMap(({ createPeer, formulations }) =>
        formulations.map((formulation) => () => createPeer({ ...input, formulation })),
      );
    },

    async gemm(side) {
      return (await modules()).map(
        ({ createGemm }) =>
          () =>
            createGemm(side),
      );
    },

    async python(input) {
      const folder = mkdtempSync(join(tmpdir(), 'edgewise-peers-'));
      try {
        const file = join(folder, 'input.json');
        writeFileSync(file, toJson(input));
        const python = process.env.EDGEWISE_PYTHON ?? 'python3';
        const { stdout, error } = spawnSync(python, [join(PEERS, 'run.py'), file, '--steps', String(STEPS)], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        if (error) {
          progress(`Python peers: left out, ${python} does not start; name one in EDGEWISE_PYTHON`);
          return [];
        }
        const found = stdout
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line));
        for (const { name, missing } of found) if (missing) progress(`${name}: left out, ${missing}`);
        return found
          .filter(({ missing }) => !missing)
          .map(({ name, version, formulation, msPerStep }) => ({
            name: `${name} ${version} (${formulation})`,
            msPerStep,
          }));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function toJson(input: PeerInput): string {
  return JSON.stringify(input, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value));
}
