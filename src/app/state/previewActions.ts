import type { DroppedFile, ReadChoices, Understood } from '../../worker/protocol.ts';
import { cancelLoad, change, mayChange } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { get, set, tellError } from './store.ts';

/** From dropped files to a graph: what is understood of them is shown first, where it can be corrected. */

let looking = false;

/** Goes straight on to the graph where its files leave nothing open and nothing of them is dropped; a run's file is opened as a run. */
export async function dropFiles(files: readonly DroppedFile[]): Promise<void> {
  if (files.some(({ path }) => /\.json$/i.test(path))) {
    const { openRunAmong } = await import('./openedActions.ts');
    if (await openRunAmong(files)) return;
  }
  if (!mayChange()) return;
  set({ preview: { files, choices: {}, understood: null }, notice: null });
  await look();
  const { preview } = get();
  if (preview?.files === files && preview.understood && isPlain(preview.understood)) await keepPreviewed();
}

/** Reads the files that are shown otherwise. */
export function readAs(choices: ReadChoices): void {
  const { preview } = get();
  if (!preview || (!looking && !mayChange())) return;
  set({ preview: { ...preview, choices } });
  void look();
}

/** Keeps the graph as it is shown, and makes it the current one. */
export async function keepPreviewed(): Promise<void> {
  const { preview } = get();
  if (preview) await change(() => trainer.drop(preview.files, preview.choices));
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
      const understood = await answered(trainer.preview(files, choices));
      const now = get().preview;
      done = now === null || (now.files === files && now.choices === choices);
      if (now && done) set({ preview: { files, choices, understood } });
    }
  } catch (error) {
    set({ preview: null });
    tellError(error);
  } finally {
    looking = false;
    set({ loading: false, progress: null });
  }
}

function isPlain({ correctable, graph }: Understood): boolean {
  return !correctable && graph !== null && graph.dropped.loops + graph.dropped.duplicates === 0;
}
