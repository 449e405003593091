/**
 * Do all peers compute the same? Without dropout, from the same weights, the losses of ten steps must agree with NumPy's.
 *   node check.mjs [INPUT.json]
 * INPUT.json is a PeerInput (input.mjs); without one a small random graph is taken, with an isolated node, a heavy row,
 * a node without features and a feature that no node has. PEERS_PYTHON names the Python (default python3); it needs NumPy
 * and SciPy, and checks PyTorch Geometric too where it is installed. Exit status 1 where a peer disagrees.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, globals } from 'webgpu';
import { initialWeights, random, transpose } from './input.mjs';
import { installShims } from './shims.mjs';

const steps = 10;
const tolerance = 1e-4;

/** A CSR matrix from a list of [row, column, value]. */
function toCsr(rows, triplets) {
  const sorted = triplets.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const indptr = new Array(rows + 1).fill(0);
  for (const [row] of sorted) indptr[row + 1]++;
  for (let row = 0; row < rows; row++) indptr[row + 1] += indptr[row];
  return { indptr, indices: sorted.map((t) => t[1]), values: sorted.map((t) => Math.fround(t[2])) };
}

function smallProblem() {
  const [nodes, featureCount, classes] = [203, 57, 5];
  const next = random(7);
  const pick = (count) => Math.floor(next() * count);
  const neighbours = Array.from({ length: nodes }, (_, node) => new Set([node]));
  const connect = (a, b) => neighbours[a].add(b) && neighbours[b].add(a);
  for (let edge = 0; edge < 300; edge++) connect(1 + pick(nodes - 1), 1 + pick(nodes - 1));
  for (let node = 2; node < nodes; node += 2) connect(1, node);
  const scale = (a, b) => 1 / Math.sqrt(neighbours[a].size * neighbours[b].size);
  const adjacency = neighbours.flatMap((set, a) => [...set].map((b) => [a, b, scale(a, b)]));
  const features = [];
  for (let node = 1; node < nodes; node++) {
    const columns = new Set(Array.from({ length: 1 + pick(12) }, () => 1 + pick(featureCount - 1)));
    for (const column of columns) features.push([node, column, 1 / columns.size]);
  }
  return {
    ...{ nodes, featureCount, classes, hidden: 16, lr: 0.01, weightDecay: 5e-4, seed: 1 },
    adjacency: toCsr(nodes, adjacency),
    features: toCsr(nodes, features),
    labels: Array.from({ length: nodes }, () => pick(classes)),
    train: Array.from({ length: nodes }, (_, node) => (node % 3 === 0 ? 1 : 0)),
  };
}

/** Dropout must cut the same entries in a matrix and in its transpose, which no run without dropout can show. */
function checkTranspose({ features, nodes, featureCount }) {
  const numbered = { ...features, values: Float32Array.from({ length: features.indices.length }, (_, k) => k) };
  const { entry, values } = transpose(numbered, nodes, featureCount);
  if (!values.every((value, k) => value === entry[k])) throw new Error('transpose: entries and values disagree.');
}

function pythonLosses(problem) {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-peers-'));
  try {
    const file = join(folder, 'input.json');
    writeFileSync(file, JSON.stringify(problem));
    const script = fileURLToPath(new URL('run.py', import.meta.url));
    const output = execFileSync(process.env.PEERS_PYTHON ?? 'python3', [script, file, '--losses', `${steps}`]);
    return output
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function gpuLosses(problem) {
  const gpu = create([]);
  installShims(gpu, globals);
  const curves = [];
  const peers = [];
  for (const name of ['jax-js', 'tfjs-webgpu']) {
    const { createPeer, formulations } = await import(`./${name}.mjs`);
    for (const formulation of formulations) {
      const peer = await createPeer({ ...problem, formulation });
      const losses = [];
      for (let step = 0; step < steps; step++) losses.push(await peer.run(1));
      curves.push({ name: `${peer.name} ${formulation}`, losses });
      peers.push(peer);
    }
  }
  for (const peer of peers) peer.dispose();
  return curves;
}

const [file] = process.argv.slice(2);
const problem = { ...(file ? JSON.parse(readFileSync(file, 'utf8')) : smallProblem()), dropout: 0 };
checkTranspose(problem);
for (const [name, values] of Object.entries(initialWeights(problem))) problem[name] = Array.from(values);

const fromPython = pythonLosses(problem);
const reference = fromPython.find((curve) => curve.name === 'numpy-scipy');
if (!reference?.losses) {
  console.error(
    `The reference is missing (${reference?.missing}): name a Python that has NumPy and SciPy in PEERS_PYTHON.`,
  );
  process.exit(1);
}
console.log(`numpy-scipy: ${reference.losses.map((loss) => loss.toFixed(6)).join(' ')}`);
for (const curve of [...fromPython, ...(await gpuLosses(problem))]) {
  if (curve === reference) continue;
  if (curve.missing) {
    console.log(`${curve.name}: not checked (${curve.missing})`);
    continue;
  }
  const difference = Math.max(...curve.losses.map((loss, step) => Math.abs(loss - reference.losses[step])));
  const agrees = difference <= tolerance;
  console.log(`${curve.name}: ${agrees ? 'agrees' : 'DISAGREES'}, largest difference ${difference.toExponential(1)}`);
  if (!agrees) process.exitCode = 1;
}
