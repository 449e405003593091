import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunPyg } from '../bench/pyg.ts';

/** Runs scripts for PyTorch Geometric in the Python that EDGEWISE_PYTHON names. */
export const runPyg: RunPyg = (files, script) => {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-pyg-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const python = process.env.EDGEWISE_PYTHON ?? 'python3';
    const { stdout, stderr, error, status } = spawnSync(python, [join(folder, script)], {
      encoding: 'utf8',
      // On a machine that is busy, threads of PyTorch wait for each other longer than they compute.
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    if (error) return `left out, ${python} does not start; name one in EDGEWISE_PYTHON`;
    if (status !== 0) return `left out, its script ended with ${stderr.trim().split('\n').at(-1)}`;
    return Number(stdout.trim().split(' ').at(-1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
