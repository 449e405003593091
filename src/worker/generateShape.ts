import { InputError } from '../config/errors.ts';
import { DEFAULTS } from '../config/schema.ts';
import { streamOf } from '../graph/generatedStream.ts';
import { namedShape } from '../graph/namedShapes.ts';
import type { OrderingName } from '../graph/ordering.ts';
import type { ShapeName } from '../graph/shapes.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { ingestForecast } from '../store/ingestPlan.ts';
import { ifFree } from '../store/lock.ts';
import { type Places, placeToKeep } from '../store/places.ts';
import { streamIngest } from '../store/streamIngest.ts';
import type { Progress } from './download.ts';
import { streamShape } from './shapeEntries.ts';

/** Of the generator: a named shape is one graph. */
const SHAPE_SEED = 0;

/** What generating may hold where no budget says otherwise: a tab on a small machine has as much. */
const MEMORY_BYTES = 512 * 2 ** 20;

/**
 * Generates a shape into the store for graphs of its size, and returns that store. What fails or is aborted leaves nothing.
 *
 * @param budget bytes of memory.workerBudget; 0 is no limit
 * @param ordering how its rows are to lie there
 * @throws InputError where nothing can be kept, another tab is at it, or the budget is too small; the signal's reason
 */
export async function generateShape(
  name: ShapeName,
  budget: number,
  ordering: OrderingName,
  places: Places,
  progress: Progress,
  signal?: AbortSignal,
): Promise<ChunkStore> {
  const options = { memoryBytes: budget || MEMORY_BYTES, chunkBytes: DEFAULTS['memory.chunkBytes'], ordering };
  const place = await placeToKeep(places, ingestForecast(streamShape(name), options).stored);
  if (!place) throw new InputError(`${name} is generated into a store, and this browser has none: leave private mode.`);
  const store = places[place]!;
  progress({ task: `Generating ${name}`, done: 0, total: null, unit: 'bytes' });
  const made = await ifFree(name, () =>
    streamIngest(streamOf(namedShape(name, SHAPE_SEED)), store, {
      ...options,
      id: name,
      signal,
      onProgress: ({ task, ...how }) => progress({ task: `${name}: ${task.toLowerCase()}`, ...how }),
    }),
  );
  if (!made) throw new InputError(`Another tab is storing ${name}: choose it again when that is done.`);
  return store;
}
