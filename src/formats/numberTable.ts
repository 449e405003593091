/**
 * Tables of numbers alone, with commas between them and no header. They are read while they are unpacked, straight into
 * one typed array: neither their text nor a string per number is ever held.
 */
import { InputError } from '../config/errors.ts';
import { gunzipChunks, gunzippedSize, isGzip } from './gzip.ts';
import { isNumber, parseShortDecimal, quote } from './textTable.ts';

const [LF, CR, COMMA] = [10, 13, 44];
const MAX_COLUMNS = 2 ** 16;
/** The longest number that is read, in bytes. */
const MAX_FIELD = 64;
/** One gigabyte of 32-bit numbers. */
const MAX_VALUES = 2 ** 28;
const STEP_BYTES = 1 << 16;
const latin1 = new TextDecoder('latin1');

export interface NumberTable<T> {
  readonly rows: number;
  readonly cols: number;
  /** Row-major, rows × cols. */
  readonly values: T;
}

export interface NumberRules<T> {
  readonly make: (length: number) => T;
  /** More rows than that are refused. */
  readonly maxRows: number;
  readonly accepts: (value: number) => boolean;
  /** What `accepts` wants, for messages: `a node below 5`. */
  readonly wanted: string;
  /** Stored where a field is `nan`; without it such a field is refused. */
  readonly missing?: number;
}

/**
 * Reads a table, packed with gzip or not; `where` names it. What is allocated is never more than its bytes can hold.
 * @throws InputError with the line where a field is not wanted or the lines are not equally long
 */
export function readNumberTable<T extends Float32Array | Int32Array | Uint32Array>(
  bytes: Uint8Array,
  where: string,
  { make, maxRows, accepts, wanted, missing }: NumberRules<T>,
): NumberTable<T> {
  const first: number[] = [];
  let values: T | null = null;
  let [rows, cols, inRow, filled] = [0, 0, 0, 0];
  const bad = (what: string) => new InputError(`${where}: line ${rows + 1} ${what}; get the file again.`);

  const endField = (text: Uint8Array, start: number, end: number): void => {
    let value = parseShortDecimal(text, start, end);
    if (Number.isNaN(value)) value = parseLongField(text, start, end, missing);
    if (!accepts(value)) {
      throw bad(`holds ${quote(latin1.decode(text.subarray(start, end)))} where ${wanted} is expected`);
    }
    inRow++;
    if (values === null) {
      if (inRow > MAX_COLUMNS) throw bad(`has more than ${MAX_COLUMNS} numbers`);
      first.push(value);
    } else if (inRow > cols) throw bad(`has more numbers than the first, which has ${cols}`);
    else if (filled === values.length) throw bad('is one too many');
    else values[filled++] = value;
  };
  const endRow = (): void => {
    if (values === null) {
      cols = inRow;
      // A number takes two bytes of text, the last one of the file perhaps only one.
      const size = isGzip(bytes) ? gunzippedSize(bytes) : bytes.length;
      const capacity = Math.min(maxRows, Math.ceil((size + 1) / (2 * cols)));
      if (capacity < 1) throw bad('is one too many');
      if (capacity * cols > MAX_VALUES) {
        throw new InputError(`${where}: may hold more than ${MAX_VALUES} numbers; give a smaller graph.`);
      }
      values = make(capacity * cols);
      values.set(first);
      filled = cols;
    } else if (inRow < cols) throw bad(`has ${inRow} numbers where the first has ${cols}`);
    rows++;
    inRow = 0;
  };

  let rest: Uint8Array = new Uint8Array(0); // of a field that goes on in the next chunk
  const read = (chunk: Uint8Array): void => {
    const text = rest.length === 0 ? chunk : joined(rest, chunk);
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const byte = text[at];
      if (byte === COMMA) {
        endField(text, start, at);
        start = at + 1;
      } else if (byte === LF) {
        const end = at > start && text[at - 1] === CR ? at - 1 : at;
        if (inRow > 0 || end > start) {
          endField(text, start, end);
          endRow();
        }
        start = at + 1;
      }
    }
    rest = text.slice(start);
    if (rest.length > MAX_FIELD) throw bad(`has a field of more than ${MAX_FIELD} bytes`);
  };
  if (isGzip(bytes)) gunzipChunks(bytes, where, read);
  else for (let at = 0; at < bytes.length; at += STEP_BYTES) read(bytes.subarray(at, at + STEP_BYTES));
  if (rest.length > 0 || inRow > 0) read(Uint8Array.of(LF));
  return { rows, cols, values: ((values ?? make(0)) as T).subarray(0, filled) as T };
}

/** Numbers with an exponent or more than 15 digits; NaN for all else. */
function parseLongField(text: Uint8Array, start: number, end: number, missing = Number.NaN): number {
  if (end - start > MAX_FIELD) return Number.NaN;
  const field = latin1.decode(text.subarray(start, end)).trim();
  if (/^nan$/i.test(field)) return missing;
  return isNumber(field) ? Number(field) : Number.NaN;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
