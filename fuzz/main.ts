/**
 * `npm run fuzz -- [--only NAME] [--count N] [--seed N]`: damaged versions of every kind of file that Edgewise reads. Each must
 * give a valid answer or one sentence, within two seconds and bounded memory; all else is a finding, printed with the seed
 * that repeats it. Exit status 1 where there is one.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { CASES, type FuzzCase } from './cases.ts';
import { PROGRESS, type Report, type Task } from './thread.ts';

/** Beyond this the thread is ended: it would not come back. */
const HANG_MS = 5000;
/** The thread's heap; arrays are measured beside it. */
const HEAP_MB = 256;

interface Outcome {
  readonly answers: number;
  readonly refusals: number;
  readonly findings: number;
  readonly inputs: number;
}

/** One case from `firstSeed` on; a thread that hangs or dies is a finding, and the next one goes on behind it. */
async function runCase({ name }: FuzzCase, firstSeed: number, count: number): Promise<Outcome> {
  let findings = 0;
  let inputs = 0;
  let answers = 0;
  let refusals = 0;
  const finding = (seed: number, text: string) => {
    findings++;
    console.log(`\n${name}, seed ${seed}: ${text}\n  npm run fuzz -- --only ${name} --seed ${seed} --count 1`);
  };
  for (let begun = 0; begun < count; ) {
    const progress = new Int32Array(new SharedArrayBuffer(4 * Object.keys(PROGRESS).length));
    const task: Task = { name, firstSeed: firstSeed + begun, count: count - begun, progress };
    const worker = new Worker(new URL('./startWorker.mjs', import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    let last = -1;
    const watchdog = setInterval(() => {
      const now = Atomics.load(progress, PROGRESS.begun);
      if (now === last && now > 0) void worker.terminate();
      last = now;
    }, HANG_MS);
    const ended = await new Promise<string | null>((resolve) => {
      let done = false;
      worker.on('message', (report: Report) => {
        if (report.kind === 'finding') return finding(report.seed, report.text);
        if (report.kind === 'inputs') inputs = report.count;
        else done = true;
      });
      worker.on('error', (error) => resolve(error.stack ?? String(error)));
      worker.on('exit', () => resolve(done ? null : `gave no answer in ${HANG_MS} ms`));
    });
    clearInterval(watchdog);
    answers += progress[PROGRESS.answer];
    refusals += progress[PROGRESS.refusal];
    if (ended === null) break;
    begun += progress[PROGRESS.begun];
    finding(firstSeed + begun - 1, ended);
    if (progress[PROGRESS.begun] === 0) break; // not even the whole file could be read
  }
  return { answers, refusals, findings, inputs };
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const chosen = CASES.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0 || !(count >= 1) || !(seed >= 0)) {
  console.error(
    `There are the cases ${CASES.map(({ name }) => name).join(', ')}; --count and --seed are whole numbers.`,
  );
  process.exit(2);
}
let findings = 0;
console.log('format            mutants  answers  refusals  findings  seconds  files');
for (const one of chosen) {
  const since = performance.now();
  const wanted = values.only && count === 1 ? 1 : Math.ceil(count * (one.share ?? 1));
  const { answers, refusals, findings: here, inputs } = await runCase(one, seed, wanted);
  findings += here;
  const numbers = [inputs === 0 ? 0 : wanted, answers, refusals, here];
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  const cells = [...numbers, seconds].map((cell, i) => String(cell).padStart([7, 9, 10, 10, 9][i])).join('');
  const source = inputs === 0 && here === 0 ? `skipped: EDGEWISE_DATA does not hold them (${one.source})` : one.source;
  console.log(`${one.name.padEnd(18)}${cells}  ${source}`);
}
process.exitCode = findings > 0 ? 1 : 0;
