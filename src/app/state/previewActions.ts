import { fileNameOf } from '../../run/dataUrl.ts';
import type { DroppedFile, OrderingName, Previewed, ReadChoices } from '../../worker/protocol.ts';
import { alone } from './alone.ts';
import { cancelLoad, change, isWanted, mayChange } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { get, set, tell, tellError } from './store.ts';

/** From dropped or fetched files to a graph: what is understood of them is shown first, where it can be corrected. */

let looking = false;

/** Goes straight on to the graph where there is nothing to correct or to choose; a run's file is opened as a run. */
export async function dropFiles(files: readonly DroppedFile[]): Promise<void> {
  if (files.some(({ path }) => /\.json$/i.test(path))) {
    const { openRunAmong } = await import('./openedActions.ts');
    if (await openRunAmong(files)) return;
  }
  if (!mayChange()) return;
  const { wanted } = get();
  // Where a host lets no page read its file, somebody brings it.
  const brought = wanted?.url && files.length === 1 && files[0].path === fileNameOf(wanted.url) ? wanted.url : null;
  set({ preview: { ...NOTHING_CHOSEN, files, url: brought }, notice: null });
  await look();
  const { preview } = get();
  if (preview?.files === files && preview.understood && isPlain(preview.understood)) await keepPreviewed();
}

/** Fetches the public file that a link names, because somebody asked for it, and shows what is understood of it. */
export async function fetchWanted(): Promise<void> {
  const url = get().wanted?.url;
  if (!url || !mayChange()) return;
  try {
    const { fetchPublicFile } = await import('../dataset/publicFile.ts');
    const task = `Fetching from ${new URL(url).host}`;
    const progress = (done: number, total: number | null) =>
      set({ progress: { type: 'progress', task, done, total, unit: 'bytes' } });
    const file = await alone((signal) => {
      progress(0, null);
      return fetchPublicFile(url, progress, signal);
    });
    const files = [{ path: file.name, file }];
    set({ preview: { ...NOTHING_CHOSEN, files, url } });
    await look();
  } catch (error) {
    tellError(error);
  }
}

/** Reads the files that are shown otherwise. */
export function readAs(choices: ReadChoices): void {
  const { preview } = get();
  if (!preview || (!looking && !mayChange())) return;
  set({ preview: { ...preview, choices } });
  void look();
}

/** Nothing is read for that: it is how the graph is kept. */
export function orderAs(ordering: OrderingName): void {
  const { preview } = get();
  if (preview) set({ preview: { ...preview, ordering } });
}

/** Keeps the graph as it is shown, and makes it the current one. */
export async function keepPreviewed(): Promise<void> {
  const { preview, wanted, preset, config } = get();
  if (!preview) return;
  const { files, choices, url, understood } = preview;
  const ordering = understood?.staysOnDisk ? preview.ordering : 'none';
  const asked = url !== null && wanted?.url === url ? wanted : null;
  const as = asked ? { preset, config } : undefined;
  if (!(await change(() => trainer.drop(files, choices, ordering), as, url)) || !asked) return;
  const { graph } = get();
  if (graph && !isWanted(asked, graph)) {
    tell(
      'info',
      `${files[0].path} is another graph by now than the one that the link was made with: results will differ.`,
    );
  }
}

/** Gives up the files, and whatever is being done with them. */
export function closePreview(): void {
  if (get().loading) cancelLoad();
  set({ preview: null });
}

/** One request at a time; what was chosen in the meantime is looked at when it is answered. */
async function look(): Promise<void> {
  if (looking) return;
  looking = true;
  set({ loading: true });
  try {
    for (let done = false; !done; ) {
      const { preview } = get();
      if (!preview) return;
      const { files, choices } = preview;
      const understood = await answered(trainer.preview(files, choices, get().config));
      const now = get().preview;
      done = now === null || (now.files === files && now.choices === choices);
      if (now && done) set({ preview: { ...now, understood } });
    }
  } catch (error) {
    set({ preview: null });
    tellError(error);
  } finally {
    looking = false;
    set({ loading: false, progress: null });
  }
}

const NOTHING_CHOSEN = { choices: {}, ordering: 'none', understood: null } as const;

/** Whether the files leave nothing open, nothing of them is dropped, and it does not matter how the graph is kept. */
function isPlain({ correctable, graph, staysOnDisk }: Previewed): boolean {
  return !correctable && !staysOnDisk && graph !== null && graph.dropped.loops + graph.dropped.duplicates === 0;
}
