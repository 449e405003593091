import { transfer } from 'comlink';
import { InputError } from '../../config/errors.ts';
import { decodeHash, type Link } from '../../run/link.ts';
import { shortHash } from '../../run/linkNames.ts';
import { FIRST_DATASET } from '../../worker/protocol.ts';
import { choseProcessor } from '../device/chosen.ts';
import { type KeptRun, type KeptRuns, keptRuns } from '../runs/keptRuns.ts';
import { showAddress } from './address.ts';
import { chooseDataset, isWanted, refreshDatasets } from './datasetActions.ts';
import { answered, listen, trainer } from './engine.ts';
import { replan } from './planActions.ts';
import { receive, refreshInterrupted, refreshModels } from './runActions.ts';
import { get, isBusy, set, tell, tellError, usePage } from './store.ts';

/** From an address to a page that shows its graph: once, when the page opens, and again when the address is changed by hand. */
export async function start(): Promise<void> {
  const port = listen(receive, (dead) => {
    set({ dead });
    tell('error', dead);
  });
  const opening = answered(trainer.open(transfer(port, [port]), choseProcessor(location.search)));
  usePage.subscribe((now, before) => {
    if (before.preview && !now.preview) void trainer.closePreview();
  });
  const reading = keptRuns();
  reading.then(({ short }) => addKept(short), tellError);
  window.addEventListener('hashchange', () => void follow(location.hash));
  try {
    set({ device: await opening });
    await follow(location.hash);
    await refreshInterrupted();
    await refreshModels();
    readLong = addLong((await reading).long);
    await readLong;
  } catch (error) {
    tellError(error);
  }
}

/** Long runs, which are mostly somebody's files, come when the page is there and has nothing else to do. */
async function addLong(runs: KeptRuns['long']): Promise<void> {
  await atRest();
  for await (const run of runs) {
    addKept([run]);
    await atRest();
  }
}

let readLong: Promise<void> = Promise.resolve();

/** Resolves when all runs that this browser keeps are among those of the page. */
export const keptAreRead = (): Promise<void> => readLong;

/** Safari has no requestIdleCallback. */
function atRest(): Promise<void> {
  return new Promise((resolve) => {
    const soon = globalThis.requestIdleCallback ?? ((then: () => void) => setTimeout(then, 200));
    soon(() => resolve());
  });
}

/** A run may have ended, or been opened, before the kept ones were read. */
function addKept(runs: readonly KeptRun[]): void {
  const { kept } = get();
  const fresh = runs.filter(({ id }) => !kept.some((other) => other.id === id));
  set({ kept: [...kept, ...fresh].sort((a, b) => a.id - b.id) });
}

/** Shows what a link says; one that cannot be used is one sentence and changes nothing. */
async function follow(hash: string): Promise<void> {
  const first = !get().graph;
  try {
    const link = await decodeHash(hash);
    await refreshDatasets();
    if (link.kind === 'lesson') await teach(link.lesson);
    else if (link.kind === 'bench') {
      if (first) await chooseDataset(FIRST_DATASET);
      const { openTheirs } = await import('./benchmarkActions.ts');
      await openTheirs([link.result]);
      showAddress();
    } else if (link.kind !== 'empty') await adopt(link, hash);
    else if (first) await chooseDataset(FIRST_DATASET);
  } catch (error) {
    if (first) await chooseDataset(FIRST_DATASET);
    showAddress();
    tellError(error);
  }
}

/** Opens a lesson on its graph. */
async function teach(id: string): Promise<void> {
  const { lessonOf, LESSONS } = await import('../guide/lessons.ts');
  const lesson = lessonOf(id);
  if (!lesson) {
    throw new InputError(
      `This link names the lesson ${id}, which is not there: the lessons are ${LESSONS.map((one) => one.id).join(', ')}.`,
    );
  }
  if (isBusy(get())) throw new InputError('A run, a load or a benchmark is going on: end it before you open a link.');
  set({ lesson: lesson.id });
  if (get().graph?.catalogueId !== lesson.dataset) await chooseDataset(lesson.dataset);
  else showAddress();
}

/** @throws InputError while the page is busy, or where the dataset is unknown */
export async function adopt(link: Extract<Link, { kind: 'config' | 'run' }>, hash: string): Promise<void> {
  const said = link.kind === 'run' ? link.shared : link.state;
  const { preset, config, dataset } = said;
  const { datasets, graph } = get();
  if (isBusy(get()))
    throw new InputError('A run, a load or a benchmark is going on: end it before you open a link or a run.');
  const { catalogueId, fingerprint } = dataset;
  const url = link.kind === 'run' ? link.url : (link.state.dataset.url ?? null);
  const asked = { catalogueId, fingerprint, url };
  const isEntry = (id: string) =>
    catalogueId === null ? fingerprint !== null && shortHash(id) === fingerprint : id === catalogueId;
  const entry = datasets.find(({ id }) => isEntry(id));
  if (catalogueId !== null && !entry) {
    throw new InputError(
      `This link names the dataset ${catalogueId}, which is not in the catalogue: use a newer Edgewise.`,
    );
  }
  set({ shared: link.kind === 'run' ? link.shared : null, sharedHash: hash, answer: null, overlaid: [] });
  // Nothing is downloaded or generated because a link says so, and nobody's own graph is anywhere but with its owner: the page asks.
  const stored = entry && (entry.kind === 'embedded' || entry.stored);
  if (stored && entry.id !== graph?.id) await chooseDataset(entry.id, { preset, config }, url);
  else {
    if (!graph) await chooseDataset(FIRST_DATASET);
    const now = get().graph;
    const here = stored || (now !== null && isWanted(asked, now));
    set({ preset, config, run: null, wanted: here ? null : asked });
    showAddress();
    await replan();
  }
}
