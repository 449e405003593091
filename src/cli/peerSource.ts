import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { PeerInput } from '../bench/peerCases.ts';
import { type GemmPeer, type Peer, type PeerSource, type PythonPeer, SAMPLES, STEPS, WARM_UP } from '../bench/peers.ts';
import type { BenchContext } from '../bench/suite.ts';
import type { Backend } from '../train/session.ts';

/** Where the peers of the bench come from: modules of bench/peers, and a Python script. What is missing is said. */
const PEERS = fileURLToPath(new URL('../bench/peers/', import.meta.url));
const MODULES = ['jax-js', 'tfjs'] as const;
/** The backend of the libraries that is held against each of ours. */
const BACKENDS = { webgpu: 'webgpu', cpu: 'wasm' } as const;

interface BrowserInput extends PeerInput {
  readonly formulation: string;
  readonly backend: (typeof BACKENDS)[Backend['kind']];
}

/** What a module exports. */
interface PeerModule {
  createPeer(input: BrowserInput): Promise<Peer>;
  createGemm(side: number): Promise<GemmPeer>;
  readonly formulations: readonly ('dense' | 'gather')[];
  close(): void;
}

interface Shared {
  readonly modules: readonly { readonly name: string; readonly module: PeerModule }[];
  /** Why a formulation is left out; undefined where it is not. */
  leftOut(input: BrowserInput): string | undefined;
}

/** Runs of the script: PyTorch with as many threads as it takes by itself, which wait for each other on busy cores, and with one. */
const RUNS = [[], ['--threads', '1', '--only', 'pyg']];

/** `close` it after the last peer: then the devices of the libraries go. */
export function peerSource({ backends, progress }: BenchContext): PeerSource & { close(): void } {
  let loading: Promise<Shared | string> | undefined;
  let loaded: Shared['modules'] = [];
  /** In words why they cannot run, where they cannot. */
  const load = async (): Promise<Shared | string> => {
    if (!existsSync(join(PEERS, 'node_modules'))) {
      return 'browser peers: left out; install them with npm ci in bench/peers';
    }
    const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(PEERS, name)).href);
    const backend = backends.find(({ kind }) => kind === 'webgpu');
    const { installShims } = await load('shims.mjs');
    if (backend?.kind === 'webgpu') installShims(backend.gpu);
    const { leftOut } = await load('input.mjs');
    const modules: { name: string; module: PeerModule }[] = [];
    for (const name of MODULES) modules.push({ name, module: await load(`${name}.mjs`) });
    loaded = modules;
    return { modules, leftOut };
  };
  const once = () => {
    loading ??= load();
    return loading;
  };
  return {
    async open(input) {
      const shared = await once();
      if (typeof shared === 'string') return { peers: [], missing: [shared] };
      const { modules, leftOut } = shared;
      // One formulation after the other, so that each library shows its best. The CPU first: jax-js keeps constants of attention on
      // the device of its first use, and cannot read them from WebGPU without a canvas.
      const all = [...backends].reverse().flatMap(({ kind: on }) =>
        modules.flatMap(({ name, module }) =>
          module.formulations.map((formulation) => {
            const asked = { ...input, formulation, backend: BACKENDS[on] };
            return {
              ...{ name: `${name} on ${asked.backend}, ${formulation}`, rival: formulation, on },
              open: () => module.createPeer(asked),
              missing: leftOut(asked),
            };
          }),
        ),
      );
      return {
        peers: all.filter(({ missing }) => !missing),
        missing: all.filter(({ missing }) => missing).map(({ name, missing }) => `${name}: left out, ${missing}`),
      };
    },

    async gemm(side) {
      const shared = await once();
      if (typeof shared !== 'string')
        return shared.modules.map(
          ({ module }) =>
            () =>
              module.createGemm(side),
        );
      progress(shared);
      return [];
    },

    async python(input) {
      const folder = mkdtempSync(join(tmpdir(), 'edgewise-peers-'));
      try {
        const file = join(folder, 'input.json');
        writeFileSync(file, toJson(input));
        const results = RUNS.map((options) => runPython(file, options));
        return {
          peers: results.flatMap(({ peers }) => peers),
          missing: [...new Set(results.flatMap(({ missing }) => missing))],
        };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },

    close() {
      for (const { module } of loaded) module.close();
    },
  };
}

function runPython(file: string, options: readonly string[]): { peers: PythonPeer[]; missing: string[] } {
  const python = process.env.EDGEWISE_PYTHON ?? 'python3';
  const effort = ['--steps', STEPS, '--warmup', WARM_UP.most, '--samples', SAMPLES.most, '--seconds', SAMPLES.seconds];
  const { stdout, error } = spawnSync(python, [join(PEERS, 'run.py'), file, ...effort.map(String), ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (error) {
    return { peers: [], missing: [`Python peers: left out, ${python} does not start; name one in EDGEWISE_PYTHON`] };
  }
  const lines = stdout.trim().split('\n').filter(Boolean);
  const found = lines.map((line) => JSON.parse(line));
  return {
    peers: found
      .filter(({ missing }) => !missing)
      .map(({ name, version, formulation, pygEager, msPerStep }) => ({
        name: `${name} ${version} (${formulation})`,
        pygEager,
        msPerStep,
      })),
    missing: found.filter(({ missing }) => missing).map(({ name, missing }) => `${name}: left out, ${missing}`),
  };
}

function toJson(input: PeerInput): string {
  return JSON.stringify(input, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value));
}
