import { InputError } from '../config/errors.ts';
import { ADDRESS_LENGTH, checkId, MAX_LINK, SEALED, urlPart } from './link.ts';
import { MAX_POINTS } from './linkCurve.ts';
import type { RunRecord } from './record.ts';
import { seal, unseal } from './seal.ts';
import type { SharedRun } from './sharedRun.ts';
import { readRun, writeRun } from './sharedRunCodec.ts';

/** The sealed form of a link: a run with its result and its device. */

/** What stands behind `#run=`. @throws InputError */
export async function decodeRun(sealed: string): Promise<SharedRun> {
  return readRun(await unseal(sealed));
}

/**
 * `#run=…` for a run that ended, on a graph of the catalogue or (null) on somebody's own. With the page's address it stays
 * under MAX_LINK characters; curves get fewer points where they must. `url` is where somebody's own is to be had, if anywhere;
 * a link that has no room for it goes without. @throws InputError where it does not fit even so
 */
export async function encodeRun(record: RunRecord, catalogueId: string | null, url?: string | null): Promise<string> {
  if (catalogueId !== null) checkId(catalogueId);
  for (const behind of url ? [`&${urlPart(url)}`, ''] : ['']) {
    for (let points = MAX_POINTS; points >= 16; points /= 2) {
      const link = (await sealedRun(record, catalogueId, points)) + behind;
      if (fits(link)) return link;
    }
  }
  throw await tooLong(record, catalogueId);
}

async function sealedRun(record: RunRecord, catalogueId: string | null, points: number): Promise<string> {
  const payload = writeRun(record, catalogueId, points);
  // A record from a file may hold what a link may not: better to hear it now than from whoever opens the link.
  readRun(payload);
  return `#${SEALED}${await seal(payload)}`;
}

function fits(link: string): boolean {
  return link.length <= MAX_LINK - ADDRESS_LENGTH;
}

async function tooLong(record: RunRecord, catalogueId: string | null): Promise<InputError> {
  const { events } = record;
  // The smallest number of events that is too many.
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const link = await sealedRun({ ...record, events: events.slice(0, middle) }, catalogueId, 16);
    if (fits(link)) low = middle + 1;
    else high = middle;
  }
  const reason =
    low === 0
      ? 'its settings and its device alone take more'
      : `of its ${events.length} changes by hand, ${events.length - low + 1} are too many`;
  return new InputError(`this run does not fit into a link of ${MAX_LINK} characters (${reason}): save it as a file.`);
}
