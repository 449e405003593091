import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SamplerPeerSource } from '../bench/sampler.ts';

/** PyTorch Geometric's NeighborLoader, in the Python that EDGEWISE_PYTHON names. The graph goes there as files of its arrays. */

const SCRIPT = fileURLToPath(new URL('../bench/sampler/pyg_loader.py', import.meta.url));

export const samplerPeer: SamplerPeerSource = ({ graph, fanOut, batch, warmUp, seeds }) => {
  const { indptr, indices } = graph.adjacency;
  if (graph.features.kind === 'sparse') return 'PyTorch Geometric: left out, it is given dense features only';
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-sampler-'));
  try {
    for (const [name, array] of Object.entries({ indptr, indices, features: graph.features.values, seeds })) {
      writeFileSync(join(folder, name), array);
    }
    writeFileSync(join(folder, 'case.json'), JSON.stringify({ nodes: graph.nodes, fanOut, batch, warmUp }));
    const python = process.env.EDGEWISE_PYTHON ?? 'python3';
    const { stdout, error, status } = spawnSync(python, [SCRIPT, folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (error) return `PyTorch Geometric: left out, ${python} does not start; name one in EDGEWISE_PYTHON`;
    if (status !== 0) return `PyTorch Geometric: left out, its script ended with status ${status}`;
    const { missing, ...peer } = JSON.parse(stdout);
    return missing ? `PyTorch Geometric: left out, ${missing}` : peer;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
