import type { RunRecord } from '../../run/record.ts';
import { keptTexts } from '../state/keptTexts.ts';

/** Runs that this browser keeps: their records, in a database of their own beside the graphs. */
export interface KeptRun {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  /** Name of the file that it was opened from; undefined for a run of this browser. */
  readonly openedFrom?: string;
  readonly record: RunRecord;
}

/** Of records as text: a first visit has none to read. */
const codec = () => import('../../run/codec.ts');

const kept = keptTexts<Omit<KeptRun, 'record'>>('edgewise-runs', 'runs');

/** All kept runs, oldest first; what another version wrote and this one cannot read is left where it is. */
export async function keptRuns(): Promise<KeptRun[]> {
  const rows = await kept.all();
  if (rows.length === 0) return [];
  const { decodeRecord } = await codec();
  return rows.flatMap(({ text, ...about }) => {
    try {
      return [{ ...about, record: decodeRecord(text, `run ${about.id}`) }];
    } catch {
      return [];
    }
  });
}

/** The run as it is kept: its id may be another. */
export async function keepRun(run: KeptRun): Promise<KeptRun> {
  const { record, ...about } = run;
  const { encodeRecord } = await codec();
  return { ...run, id: await kept.keep({ ...about, text: encodeRecord(record) }) };
}

export const forgetRun = kept.forget;
