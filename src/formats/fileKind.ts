/**
 * What kind of file this is by its first bytes, for one purpose: a sentence that names what was given in place of a
 * table, instead of a graph made of an image's bytes.
 */
import { InputError } from '../config/errors.ts';

export const PICKLE_KIND = 'a Python pickle';
export const JSON_KIND = 'a JSON file';

/** Signatures as latin-1 text, long enough that no table of names (`PAR1` is a gene) begins like that. https://en.wikipedia.org/wiki/List_of_file_signatures */
const SIGNATURES: [signature: string, kind: string][] = [
  ['\x89PNG\r\n\x1a\n', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF87a', 'a GIF image'],
  ['GIF89a', 'a GIF image'],
  ['\x7fELF', 'a program (ELF)'],
  ['MZ\x90', 'a program (Windows)'],
  ['PK\x03\x04', 'a zip archive (as .xlsx and newer .pt are)'],
  ['\x1f\x8b', 'a gzip file'],
  ['BZh91AY', 'a bzip2 file'],
  ['\xfd7zXZ', 'an xz file'],
  ['(\xb5/\xfd', 'a Zstandard file'],
  ['7z\xbc\xaf', 'a 7-Zip archive'],
  ['%PDF-', 'a PDF document'],
  ['\x89HDF\r\n', 'an HDF5 file'],
  ['\x93NUMPY', 'a NumPy .npy file'],
  ['MATLAB 5.0', 'a MATLAB .mat file'],
  ['MATLAB 7.3', 'a MATLAB .mat file of version 7.3 (save it with -v7)'],
  ['PAR1\x15', 'a Parquet file'],
  ['SQLite format 3', 'an SQLite database'],
  ['\xff\xfe', 'UTF-16 text'],
  ['\xfe\xff', 'UTF-16 text'],
];

/** Text that is no table. */
const TEXT_KINDS: [pattern: RegExp, kind: string][] = [
  [/^(c[\w.]+\r?\n\w+\r?\n(p\d+\s|[()])|[(][dl]p\d)/, PICKLE_KIND],
  [/^<(!doctype|html|head|body)/i, 'an HTML page'],
  [/^<([?]xml|[a-z]+)/i, 'an XML file'],
  [/^[{]|^[[]\s*([{["\d-]|$)/, JSON_KIND],
  [/^%%MatrixMarket/i, 'a Matrix Market file'],
  [/^[*]vertices/i, 'a Pajek file'],
  [/^(creator\s+"|graph\s*[[]|node\s*[[])/i, 'a GML file'],
  [/^(strict\s+)?(di)?graph\b[^\n]*[{]/i, 'a Graphviz file'],
];

/** The kind of a file that is certainly no table and no bundle, as `a PNG image`; null where it may be one. */
export function foreignKind(bytes: Uint8Array): string | null {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 512));
  const starts = (signature: string) => [...signature].every((c, i) => c.charCodeAt(0) === bytes[i]);
  const known = SIGNATURES.find(([signature]) => starts(signature))?.[1];
  if (known) return known;
  // PROTO and a version: every pickle of protocol 2 or later.
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return PICKLE_KIND;
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  return TEXT_KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** @throws InputError where the bytes are not the text of a table; `advice` ends its sentence */
export function checkIsText(bytes: Uint8Array, where: string, advice = 'give a CSV or TSV edge list in UTF-8'): void {
  if (bytes.length === 0) throw new InputError(`${where}: is empty; ${advice}.`);
  const kind = foreignKind(bytes);
  if (kind) throw new InputError(`${where}: is ${kind}, not a table; ${advice}.`);
  const control = bytes.subarray(0, 4096).findIndex((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13);
  const at = control >= 0 ? control : bytes.indexOf(0);
  if (at < 0) return;
  throw new InputError(`${where}: byte ${at} is no text; ${advice}.`);
}
