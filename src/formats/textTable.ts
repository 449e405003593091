/**
 * Tables as text: CSV (RFC 4180), TSV, semicolons or blanks between the columns, quotes, CRLF, a UTF-8 byte order mark,
 * blank lines and lines that begin with `#` (SNAP's edge lists have them). A scanner over the bytes, because edge lists
 * have millions of lines and most fields are integers that never need to become text.
 */
import { InputError } from '../config/errors.ts';
import { checkIsText } from './fileKind.ts';
import { DELIMITERS, type TableChoice } from './readChoices.ts';

const [TAB, LF, CR, SPACE, QUOTE, HASH] = [9, 10, 13, 32, 34, 35];
/** In this order: a comma inside a tab-separated file is text more often than the other way round. */
const PROBED = Object.values(DELIMITERS);
const PROBED_ROWS = 20;

/** The current row of a scan; one object for all rows, valid inside `visit` only. Columns count from 0. */
export interface TableRow {
  /** 1-based line of the file on which the row begins. */
  readonly line: number;
  readonly count: number;
  /** Trimmed and unquoted. */
  text(column: number): string;
  /** The canonical non-negative integer below 2^32 - 1 in the field (`7`, not `07`), or -1. */
  id(column: number): number;
  /** The finite decimal number in the field, or NaN. */
  number(column: number): number;
}

/** Returns false where it has seen enough. */
export type VisitRow = (row: TableRow) => boolean | undefined;

export interface TextTable {
  /** The file's name, for messages. */
  readonly where: string;
  readonly width: number;
  /** Names of the columns, null where the first line is data already. */
  readonly header: readonly string[] | null;
  /** The byte between two columns. */
  readonly delimiter: number;
  /** Visits the data rows in order until `visit` returns false. */
  readonly scan: (visit: VisitRow) => void;
  /** `column 3 ('age')`, for messages. */
  readonly columnName: (column: number) => string;
}

/**
 * Finds delimiter and header, unless they are chosen. The first line is a header when no field of it is a number and either `knowsNames` accepts
 * it or a field of the second line is a number.
 * @throws InputError where the file is no text or has no lines; scanning throws where a row has more or fewer columns
 */
export function openTable(
  bytes: Uint8Array,
  where: string,
  knowsNames: (names: string[]) => boolean,
  choice: Pick<TableChoice, 'delimiter' | 'header'> = {},
): TextTable {
  checkIsText(bytes, where);
  const delimiter = choice.delimiter ? DELIMITERS[choice.delimiter] : findDelimiter(bytes, where);
  const firstRows: string[][] = [];
  scanRows(bytes, where, delimiter, (row) => {
    firstRows.push(Array.from({ length: row.count }, (_, i) => row.text(i)));
    return firstRows.length < 2;
  });
  const [first, second] = firstRows;
  if (!first) throw new InputError(`${where}: holds no rows; check that this is the right file.`);
  const looksLikeOne = () =>
    !first.some((field) => isNumber(field)) &&
    (knowsNames(first) || (second?.some((field) => isNumber(field)) ?? false));
  const header = (choice.header ?? looksLikeOne()) ? first : null;
  const columnName = (column: number) => `column ${column + 1}${header ? ` (${quote(header[column])})` : ''}`;
  const about = { where, width: first.length, header, delimiter, columnName };
  return { ...about, scan: (visit) => void scanRows(bytes, where, delimiter, dataRows(about, visit)) };
}

/** Visits the rows below the header, each of which has every column. */
export function dataRows({ where, width, header }: Omit<TextTable, 'scan'>, visit: VisitRow): VisitRow {
  let skip = header !== null;
  return (row) => {
    if (skip) {
      skip = false;
      return true;
    }
    if (row.count === width) return visit(row);
    throw new InputError(
      `${where}: line ${row.line} has ${row.count} column${row.count === 1 ? '' : 's'} where the first row has ` +
        `${width}; give every row the same columns.`,
    );
  };
}

/** A header's name as the recognised names are compared: `Node_ID` is `nodeid`. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Text from a file, fit for one line of a message. */
export function quote(text: string): string {
  return `'${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text).slice(1, -1)}'`;
}

/** Whether a field is meant as a number; `nan` and `inf` are, and are refused later with their line. */
export function isNumber(text: string): boolean {
  return DECIMAL.test(text) || /^[+-]?(nan|inf|infinity)$/i.test(text);
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The first delimiter that cuts the first rows into equally many columns, at least two; else one that cuts the first. */
function findDelimiter(bytes: Uint8Array, where: string): number {
  let cutsFirst: number | null = null;
  for (const delimiter of PROBED) {
    const counts: number[] = [];
    try {
      scanRows(bytes, where, delimiter, (row) => counts.push(row.count) < PROBED_ROWS);
    } catch (error) {
      if (error instanceof InputError) continue; // quotes make no sense under this delimiter
      throw error;
    }
    if (!(counts[0] > 1)) continue;
    if (counts.every((count) => count === counts[0])) return delimiter;
    cutsFirst ??= delimiter;
  }
  return cutsFirst ?? DELIMITERS.comma;
}

/** Where a scan stands that goes from one piece of a file to the next. */
export interface ScanPlace {
  /** The first byte that was not visited, and its line. */
  readonly at: number;
  readonly line: number;
  /** Whether `visit` has seen enough. */
  readonly ended: boolean;
}

/**
 * Visits the rows of a whole file; or of a piece of one that begins on `line`, but for the row that may go on in the next
 * piece, at which the place that is returned stands.
 */
export function scanRows(
  bytes: Uint8Array,
  where: string,
  delimiter: number,
  visit: VisitRow,
  { line: firstLine, last } = { line: 1, last: true },
): ScanPlace {
  const starts: number[] = [];
  const ends: number[] = [];
  const quoted: boolean[] = [];
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const row = {
    line: 1,
    count: 0,
    text(column: number): string {
      const [start, end] = [starts[column], ends[column]];
      let text: string;
      try {
        text = utf8.decode(bytes.subarray(start, end));
      } catch {
        throw new InputError(`${where}: line ${row.line} is not UTF-8; save the file in that encoding.`);
      }
      return quoted[column] ? text.replaceAll('""', '"') : text;
    },
    id: (column: number) => parseId(bytes, starts[column], ends[column]),
    number(column: number): number {
      const value = parseShortDecimal(bytes, starts[column], ends[column]);
      if (!Number.isNaN(value)) return value;
      const text = row.text(column).trim();
      const rest = DECIMAL.test(text) ? Number(text) : Number.NaN;
      return Number.isFinite(rest) ? rest : Number.NaN;
    },
  };

  const blanks = delimiter === SPACE; // then runs of blanks and tabs are one delimiter
  const isBlank = (byte: number) => byte === SPACE || (byte === TAB && delimiter !== TAB);
  const length = bytes.length;
  let line = firstLine;
  let at = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < length) {
    const begin = { at, line, ended: false };
    while (at < length && isBlank(bytes[at])) at++;
    if (at < length && bytes[at] === HASH) while (at < length && bytes[at] !== LF && bytes[at] !== CR) at++;
    row.line = line;
    row.count = 0;
    // One turn per field, until the line ends.
    for (let more = at < length && bytes[at] !== LF && bytes[at] !== CR; more; ) {
      while (at < length && isBlank(bytes[at])) at++;
      const n = row.count++;
      quoted[n] = bytes[at] === QUOTE;
      if (quoted[n]) {
        starts[n] = ++at;
        for (; ; at++) {
          if (at >= length) {
            if (!last) return begin;
            throw new InputError(`${where}: a quote is opened on line ${row.line} and never closed; close it.`);
          }
          if (bytes[at] === LF) line++;
          if (bytes[at] !== QUOTE) continue;
          if (bytes[at + 1] !== QUOTE) break;
          at++;
        }
        ends[n] = at++;
        while (at < length && isBlank(bytes[at])) at++;
      } else {
        starts[n] = at;
        let last = at;
        for (; at < length; at++) {
          const byte = bytes[at];
          if (byte === delimiter || byte === LF || byte === CR || (blanks && byte === TAB)) break;
          if (byte !== SPACE) last = at + 1;
        }
        ends[n] = last;
        while (blanks && at < length && isBlank(bytes[at])) at++;
      }
      more = at < length && bytes[at] !== LF && bytes[at] !== CR;
      if (more && !blanks) {
        if (bytes[at] !== delimiter) {
          throw new InputError(`${where}: line ${line} has text after a closing quote; double a quote inside quotes.`);
        }
        at++;
      }
    }
    // A line feed may follow a carriage return.
    if (!last && (at >= length || (bytes[at] === CR && at + 1 >= length))) return begin;
    if (row.count > 0 && visit(row) === false) return { at, line, ended: true };
    if (bytes[at] === CR) at++;
    if (bytes[at] === LF) at++;
    line++;
  }
  return { at, line, ended: false };
}

function parseId(bytes: Uint8Array, start: number, end: number): number {
  const digits = end - start;
  if (digits === 0 || digits > 10 || (bytes[start] === 48 && digits > 1)) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value < 2 ** 32 - 1 ? value : -1;
}

/**
 * Decimals of at most 15 digits without exponent, NaN for all else. Both the digits and the power of ten are exact in
 * float64, so the one division rounds correctly (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990).
 */
export function parseShortDecimal(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === 45;
  let value = 0;
  let digits = 0;
  let scale = 0;
  for (let i = negative ? start + 1 : start; i < end; i++) {
    const digit = bytes[i] - 48;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
      scale *= 10;
    } else if (bytes[i] === 46 && scale === 0) scale = 1;
    else return Number.NaN;
  }
  if (digits === 0 || digits > 15) return Number.NaN;
  if (scale > 1) value /= scale;
  return negative ? -value : value;
}
