/**
 * The safetensors format: u64 little-endian header length, a JSON header, then the raw little-endian tensors.
 * https://github.com/huggingface/safetensors#format (the rules enforced here are the ones listed there: the tensors tile
 * the data exactly, no duplicate keys, metadata is text to text). Pure; every size is checked before it is used.
 */
import { InputError } from '../config/errors.ts';

export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

interface TensorDataConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData;
}

/** How each dtype is handed over. Halves and bfloat16 stay raw 16-bit words, booleans stay bytes. */
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const satisfies Record<string, TensorDataConstructor>;

export type Dtype = keyof typeof ARRAYS;

/** Row-major; `data` has as many elements as the product of `shape` (1 for the empty shape). */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Map<string, string>;
}

/** The reference implementation refuses longer headers; so do we. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Parses a whole file. `where` is the file's name, for errors. A tensor's `data` is a view of `bytes` where alignment
 * allows, else a copy: do not write to it. Throws InputError on anything that the format does not allow.
 */
export function readSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const fail: (what: string) => never = (what) => {
    throw new InputError(`${where}: ${what}; fetch or export this safetensors file again.`);
  };
  if (bytes.length < 8) fail(`only ${bytes.length} bytes, too short for the header length`);
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (headerBytes > BigInt(Math.min(bytes.length - 8, MAX_HEADER_BYTES))) {
    fail(`the header claims ${headerBytes} bytes but the file has ${bytes.length - 8} after its first 8`);
  }
  const dataStart = 8 + Number(headerBytes);
  const header = parseHeader(bytes.subarray(8, dataStart), fail);

  const tensors = new Map<string, Tensor>();
  const metadata = new Map<string, string>();
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of header) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(asRecord(entry) ?? fail('__metadata__ is not an object'))) {
        metadata.set(key, typeof value === 'string' ? value : fail(`metadata '${key}' is not text`));
      }
      continue;
    }
    const fields = asRecord(entry) ?? fail(`tensor '${name}' is not described by an object`);
    const { dtype, shape, data_offsets: offsets } = fields;
    if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype)) {
      return fail(
        `tensor '${name}' has the dtype ${JSON.stringify(dtype)}, which is not one of ${Object.keys(ARRAYS)}`,
      );
    }
    if (!isCountList(shape)) return fail(`tensor '${name}' has a shape that is not a list of counts`);
    if (!isCountList(offsets) || offsets.length !== 2) return fail(`tensor '${name}' has no pair of data_offsets`);
    const [begin, end] = offsets;
    if (begin > end || end > bytes.length - dataStart) {
      fail(`tensor '${name}' lies at bytes ${begin} to ${end} of ${bytes.length - dataStart}`);
    }
    const array: TensorDataConstructor = ARRAYS[dtype as Dtype];
    // A product past 2^53 is only approximate, but then it cannot equal a byte count either.
    const length = shape.reduce((product, size) => product * size, 1);
    if (length * array.BYTES_PER_ELEMENT !== end - begin) {
      fail(`tensor '${name}' of shape [${shape}] and dtype ${dtype} does not fit its ${end - begin} bytes`);
    }
    ranges.push({ name, begin, end });
    tensors.set(name, { dtype: dtype as Dtype, shape, data: view(bytes, dataStart + begin, length, array) });
  }

  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of ranges) {
    if (begin !== covered) fail(`tensor '${name}' begins at byte ${begin} of the data where ${covered} is expected`);
    covered = end;
  }
  if (covered !== bytes.length - dataStart) {
    fail(`the tensors end at byte ${covered} of the data but the file holds ${bytes.length - dataStart}`);
  }
  return { tensors, metadata };
}

/**
 * Writes a file. The same tensors and metadata give the same bytes whatever the order of the maps: wide dtypes come
 * first (so that every tensor is aligned), then by name. Throws RangeError where shape and data disagree.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const sorted = [...tensors].sort(
    ([a, x], [b, y]) => y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  const entries: string[] = [];
  if (metadata.size > 0) {
    const pairs = [...metadata].sort(([a], [b]) => (a < b ? -1 : 1));
    const text = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',');
    entries.push(`"__metadata__":{${text}}`);
  }
  let offset = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === '__metadata__') throw new RangeError("A tensor cannot be called '__metadata__'.");
    const length = shape.reduce((product, size) => product * size, 1);
    if (length !== data.length || ARRAYS[dtype].BYTES_PER_ELEMENT !== data.BYTES_PER_ELEMENT) {
      throw new RangeError(`Tensor '${name}': ${dtype} [${shape}] does not describe its ${data.length} elements.`);
    }
    const end = offset + data.byteLength;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset).fill(0x20, 8 + header.length, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function view(bytes: Uint8Array, offset: number, length: number, array: TensorDataConstructor): TensorData {
  const start = bytes.byteOffset + offset;
  if (start % array.BYTES_PER_ELEMENT === 0) return new array(bytes.buffer, start, length);
  const copy = bytes.slice(offset, offset + length * array.BYTES_PER_ELEMENT);
  return new array(copy.buffer, 0, length);
}

function parseHeader(bytes: Uint8Array, fail: (what: string) => never): [string, unknown][] {
  let text: string;
  let header: Record<string, unknown> | null;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = text.startsWith('{') ? asRecord(JSON.parse(text)) : null;
  } catch {
    return fail('the header is not JSON in UTF-8');
  }
  if (!header) return fail('the header is not a JSON object');
  const duplicate = duplicateKey(text);
  if (duplicate !== null) fail(`the header has ${duplicate} twice in one object`);
  return Object.entries(header);
}

/**
 * The first key (as written, with its quotes) that occurs twice in one object, or null. JSON.parse keeps the last one
 * silently. `json` is known to be valid, so strings and braces are all that has to be told apart.
 */
function duplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '{') open.push(new Set());
    else if (char === '}') open.pop();
    else if (char === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
      let next = at + 1;
      while (' \t\r\n'.includes(json[next] ?? 'x')) next++;
      if (json[next] !== ':') continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return `the key '${key}'`;
      keys.add(key);
    }
  }
  return null;
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
