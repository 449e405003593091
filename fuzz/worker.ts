/** Reads damaged files of one case and reports; main.ts watches over it from another thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { attempt } from './attempt.ts';
import { CASES } from './cases.ts';
import { PROGRESS, type Report, type Task } from './thread.ts';

/** A file may cost this much, and so many times its own size. */
const FREE_BYTES = 64 * 2 ** 20;
const TIMES_ITS_SIZE = 40;
const MOST_MS = 2000;

const { name, firstSeed, count, progress } = workerData as Task;
const report = (message: Report) => parentPort?.postMessage(message);

const used = () => {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { held: arrayBuffers + heapUsed, most: 1024 * process.resourceUsage().maxRSS };
};

const found = CASES.find((one) => one.name === name)!;
const inputs = (await found.inputs()) ?? [];
// Once in good health: what is compiled and read once is nobody's fault, and what is whole must be readable.
for (const { bytes, read } of inputs) await read(bytes);

report({ kind: 'inputs', count: inputs.length });
for (let i = 0; i < count && inputs.length > 0; i++) {
  const seed = firstSeed + i;
  Atomics.store(progress, PROGRESS.begun, i + 1);
  const before = used();
  const since = performance.now();
  const result = await attempt(found, inputs, seed);
  const ms = performance.now() - since;
  const after = used();
  const bytes = Math.max(after.held - before.held, after.most - before.most);
  Atomics.add(progress, PROGRESS[result.kind], 1);
  const limit = FREE_BYTES + TIMES_ITS_SIZE * inputs[seed % inputs.length].bytes.length;
  if (result.kind === 'finding') report({ kind: 'finding', seed, text: result.text });
  else if (ms > MOST_MS) report({ kind: 'finding', seed, text: `took ${Math.round(ms)} ms: ${result.text}` });
  else if (bytes > limit)
    report({ kind: 'finding', seed, text: `took ${Math.round(bytes / 2 ** 20)} MB: ${result.text}` });
  // Others, and the messages, have their turn.
  if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
}
report({ kind: 'done' });
