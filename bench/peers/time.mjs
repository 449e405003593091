/**
 * Times one peer by itself, for choosing its formulation; `npm run bench -- peers` times them side by side.
 *   node time.mjs INPUT.json --peer jax-js --formulation dense [--backend wasm] [--steps 1] [--samples 20] [--warmup 3]
 * INPUT.json is a PeerInput (input.mjs). Prints one JSON line, as run.py does.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { create, globals } from 'webgpu';
import { installShims } from './shims.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string', default: 'jax-js' },
    formulation: { type: 'string' },
    backend: { type: 'string', default: 'webgpu' },
    steps: { type: 'string', default: '1' },
    samples: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '3' },
  },
});
const input = JSON.parse(readFileSync(positionals[0], 'utf8'));
const [steps, samples, warmup] = [options.steps, options.samples, options.warmup].map(Number);

const gpu = create([]);
installShims(gpu, globals);
const { createPeer, close } = await import(`./${options.peer}.mjs`);
const peer = await createPeer({ ...input, formulation: options.formulation, backend: options.backend });
const msPerStep = [];
let loss = Number.NaN;
for (let nth = -warmup; nth < samples; nth++) {
  const start = performance.now();
  loss = await peer.run(steps);
  if (nth >= 0) msPerStep.push((performance.now() - start) / steps);
}
const median = msPerStep.toSorted((a, b) => a - b)[samples >> 1];
const { name, version, formulation } = peer;
peer.dispose();
close();
console.log(JSON.stringify({ name, version, formulation, median, msPerStep, loss }));
