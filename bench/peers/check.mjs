/**
 * Do all peers compute the same? Without dropout, from the same weights, the losses of ten steps must agree with the reference's.
 *   node check.mjs [INPUT.json]
 * INPUT.json is a PeerInput (input.mjs); without one every model is checked on a small random graph with an isolated node, a heavy
 * row, a node without features and a feature that no node has, once with sparse and once with dense features. PEERS_PYTHON names the
 * Python (default python3). The reference is NumPy's GCN and PyTorch Geometric's SAGE and GAT. Exit status 1 where a peer disagrees.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, globals } from 'webgpu';
import { backends, initialWeights, leftOut, random } from './input.mjs';
import { installShims } from './shims.mjs';
import { toDense, transpose } from './sparse.mjs';

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

/** What each model aggregates with, from the neighbours of each node without itself. */
const operators = {
  gcn: (neighbours) => {
    const scale = (a, b) => 1 / Math.sqrt((neighbours[a].size + 1) * (neighbours[b].size + 1));
    return neighbours.flatMap((set, a) => [a, ...set].map((b) => [a, b, scale(a, b)]));
  },
  sage: (neighbours) => neighbours.flatMap((set, a) => [...set].map((b) => [a, b, 1 / set.size])),
  gat: (neighbours) => neighbours.flatMap((set, a) => [a, ...set].map((b) => [a, b, 1])),
};

function smallProblem(model, kind) {
  const [nodes, featureCount, classes] = [203, 57, 5];
  const next = random(7);
  const pick = (count) => Math.floor(next() * count);
  const neighbours = Array.from({ length: nodes }, () => new Set());
  const connect = (a, b) => a !== b && neighbours[a].add(b) && neighbours[b].add(a);
  for (let edge = 0; edge < 300; edge++) connect(1 + pick(nodes - 1), 1 + pick(nodes - 1));
  for (let node = 2; node < nodes; node += 2) connect(1, node);
  const features = [];
  for (let node = 1; node < nodes; node++) {
    const columns = new Set(Array.from({ length: 1 + pick(12) }, () => 1 + pick(featureCount - 1)));
    for (const column of columns) features.push([node, column, 1 / columns.size]);
  }
  const csr = toCsr(nodes, features);
  return {
    ...{ model, nodes, featureCount, classes, hidden: 16, heads: 4, lr: 0.01, weightDecay: 5e-4, seed: 1 },
    adjacency: toCsr(nodes, operators[model](neighbours)),
    features: kind === 'sparse' ? { kind, ...csr } : { kind, values: Array.from(toDense(csr, nodes, featureCount)) },
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

async function* browserLosses(modules, problem) {
  for (const { module, name } of modules) {
    for (const [formulation, backend] of module.formulations.flatMap((one) => backends.map((other) => [one, other]))) {
      const input = { ...problem, formulation, backend };
      const of = `${name} on ${backend}, ${formulation}`;
      const missing = leftOut(input);
      if (missing) {
        yield { name: of, missing };
        continue;
      }
      const peer = await module.createPeer(input);
      const losses = [];
      for (let step = 0; step < steps; step++) losses.push(await peer.run(1));
      peer.dispose();
      yield { name: of, losses };
    }
  }
}

async function* allLosses(fromPython, modules, problem) {
  yield* fromPython;
  yield* browserLosses(modules, problem);
}

async function check(modules, given) {
  const problem = { ...given, dropout: 0, attentionDropout: 0 };
  if (problem.features.kind === 'sparse') checkTranspose(problem);
  const weights = Object.entries(initialWeights(problem)).map(([name, values]) => [name, Array.from(values)]);
  problem.weights = Object.fromEntries(weights);

  const fromPython = pythonLosses(problem);
  const reference = fromPython.find((curve) => curve.losses);
  if (!reference) {
    throw new Error(`The reference is missing (${fromPython[0]?.missing}): name a Python that has it in PEERS_PYTHON.`);
  }
  console.log(`${problem.model}, ${problem.features.kind} features`);
  console.log(`  ${reference.name}: ${reference.losses.map((loss) => loss.toFixed(6)).join(' ')}`);
  for await (const curve of allLosses(fromPython, modules, problem)) {
    if (curve === reference) continue;
    if (curve.missing) {
      console.log(`  ${curve.name}: not checked (${curve.missing})`);
      continue;
    }
    const difference = Math.max(...curve.losses.map((loss, step) => Math.abs(loss - reference.losses[step])));
    const agrees = difference <= tolerance;
    console.log(
      `  ${curve.name}: ${agrees ? 'agrees' : 'DISAGREES'}, largest difference ${difference.toExponential(1)}`,
    );
    if (!agrees) process.exitCode = 1;
  }
}

const [file] = process.argv.slice(2);
const problems = file
  ? [JSON.parse(readFileSync(file, 'utf8'))]
  : Object.keys(operators).flatMap((model) => ['sparse', 'dense'].map((kind) => smallProblem(model, kind)));
const gpu = create([]);
installShims(gpu, globals);
const modules = [];
for (const name of ['jax-js', 'tfjs']) modules.push({ name, module: await import(`./${name}.mjs`) });
for (const problem of problems) await check(modules, problem);
for (const { module } of modules) module.close();
