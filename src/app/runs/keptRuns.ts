import type { RunRecord } from '../../run/record.ts';
import { type KeptRow, keptTexts } from '../state/keptTexts.ts';

/** Runs that this browser keeps: their records, in a database of their own beside the graphs. */
export interface KeptRun {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  /** Name of the file that it was opened from; undefined for a run of this browser. */
  readonly openedFrom?: string;
  /** By which its model is kept, and where a run of this browser could have gone on; earlier versions gave none to one that was opened. */
  readonly slot?: string;
  readonly record: RunRecord;
}

/** Of records as text: a first visit has none to read. */
const codec = () => import('../../run/codec.ts');

type About = Omit<KeptRun, 'record'>;

const kept = keptTexts<About>('edgewise-runs', 'runs');

/** All kept runs: those that are read at once, oldest first, and then the long ones, which may take a second each. */
export interface KeptRuns {
  readonly short: readonly KeptRun[];
  /** One after another, as they are asked for. */
  readonly long: AsyncGenerator<KeptRun>;
}

/** What another version wrote and this one cannot read is left where it is. */
export async function keptRuns(): Promise<KeptRuns> {
  const rows = await kept.all();
  const long = rows.filter(({ text }) => typeof text !== 'string');
  const short = rows.filter((row) => !long.includes(row));
  return { short: (await Promise.all(short.map(decoded))).flat(), long: eachDecoded(long) };
}

async function* eachDecoded(rows: readonly KeptRow<About>[]): AsyncGenerator<KeptRun> {
  for (const row of rows) yield* await decoded(row);
}

async function decoded({ text, ...about }: KeptRow<About>): Promise<KeptRun[]> {
  try {
    const { decodeRecord } = await codec();
    const whole = typeof text === 'string' ? text : await text.text();
    return [{ ...about, record: decodeRecord(whole, `run ${about.id}`) }];
  } catch {
    return [];
  }
}

/** Slots of interrupted runs whose record is kept all the same: the page was closed before the slot was emptied. */
export async function recordedSlots(): Promise<Set<string>> {
  return new Set((await kept.all()).flatMap(({ slot }) => slot ?? []));
}

/** The run as it is kept: its id may be another. */
export async function keepRun(run: KeptRun): Promise<KeptRun> {
  const { record, ...about } = run;
  const { encodeRecord } = await codec();
  return { ...run, id: await kept.keep({ ...about, text: encodeRecord(record) }) };
}

export const forgetRun = kept.forget;
