import { InputError } from '../config/errors.ts';
import type { TableChoice } from './readChoices.ts';
import { dataRows, openTable, scanRows, type TextTable, type VisitRow } from './textTable.ts';

/** A file that can be read more than once, piece by piece; a browser's File is one, by its `stream()`. */
export interface RereadableFile {
  /** For messages, without folders. */
  readonly name: string;
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** Scanned at once; larger pieces are cut. */
export const PIECE_BYTES = 2 ** 16;
/** The beginning of a file, which says what its columns are; and the longest line. */
const HEAD_BYTES = 2 ** 20;
/** What a scan holds at the most: the beginning of the file; the line under way, twice, with the piece after it. */
export const SCAN_BYTES = 3 * HEAD_BYTES + 2 * PIECE_BYTES;

/** The table that the beginning of the file shows; its `scan` sees no more than that. Throws InputError as openTable. */
export async function cutTable(
  file: RereadableFile,
  knowsNames: (names: string[]) => boolean,
  choice?: TableChoice,
): Promise<TextTable> {
  const head = new Uint8Array(HEAD_BYTES);
  let length = 0;
  let whole = true;
  for await (const piece of file.open()) {
    const some = piece.subarray(0, HEAD_BYTES - length);
    head.set(some, length);
    length += some.length;
    whole = some.length === piece.length;
    if (!whole) break;
  }
  const end = whole ? length : Math.max(head.lastIndexOf(10), head.lastIndexOf(13)) + 1;
  return openTable(head.subarray(0, end || length), file.name, knowsNames, choice);
}

/** Visits the data rows of the whole file; yields the number of bytes after each piece. Throws InputError. */
export async function* scanPieces(
  file: RereadableFile,
  table: TextTable,
  visit: VisitRow,
  signal?: AbortSignal,
): AsyncGenerator<number> {
  const { where, delimiter } = table;
  const visitData = dataRows(table, visit);
  let rest: Uint8Array = new Uint8Array(0);
  let line = 1;
  let before = 0;
  for await (const whole of file.open()) {
    for (let at = 0; at < whole.length; at += PIECE_BYTES) {
      signal?.throwIfAborted();
      const piece = whole.subarray(at, at + PIECE_BYTES);
      const zero = piece.indexOf(0);
      if (zero >= 0) {
        throw new InputError(`${where}: byte ${before + zero} is no text; give a CSV or TSV edge list in UTF-8.`);
      }
      const bytes = joined(rest, piece);
      const place = scanRows(bytes, where, delimiter, visitData, { line, last: false });
      yield piece.length;
      if (place.ended) return;
      before += piece.length;
      line = place.line;
      rest = bytes.slice(place.at);
      if (rest.length > HEAD_BYTES) {
        throw new InputError(`${where}: line ${line} is longer than ${HEAD_BYTES} bytes; check its quotes.`);
      }
    }
  }
  scanRows(rest, where, delimiter, visitData, { line, last: true });
  yield 0;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
