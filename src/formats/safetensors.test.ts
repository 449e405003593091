import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { Tensor } from './safetensors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/** A file from a header as text and the bytes behind it. */
function file(header: string, data: Uint8Array = new Uint8Array(0), claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const one = (dtype: string, shape: string, offsets: string) =>
  `{"a":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`;

const TENSORS = new Map<string, Tensor>([
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ['weight', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 3e38) }],
  ['half', { dtype: 'F16', shape: [1], data: Uint16Array.of(0x3c00) }],
  ['oracle', { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) }],
  ['ids', { dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) }],
  ['scalar', { dtype: 'I32', shape: [], data: Int32Array.of(-7) }],
  ['empty', { dtype: 'F32', shape: [0, 5], data: new Float32Array(0) }],
  ['flags', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) }],
  ['__proto__', { dtype: 'U8', shape: [1], data: Uint8Array.of(9) }],
]);
const METADATA = new Map([
  ['name', 'caf\u00e9 "\n'],
  ['__proto__', 'text'],
]);

describe('safetensors', () => {
  test('what is written is read back, from any alignment', () => {
    const bytes = writeSafetensors(TENSORS, METADATA);
    for (const shift of [0, 1, 3, 4]) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const { tensors, metadata } = readSafetensors(moved, 'a.safetensors');
      expect(new Map([...tensors].sort())).toEqual(new Map([...TENSORS].sort()));
      expect(new Map([...metadata].sort())).toEqual(new Map([...METADATA].sort()));
    }
  });

  test('the order of the maps does not change a byte, and every tensor is aligned', () => {
    const bytes = writeSafetensors(TENSORS, METADATA);
    const reversed = writeSafetensors(new Map([...TENSORS].reverse()), new Map([...METADATA].reverse()));
    expect(reversed).toEqual(bytes);
    for (const { data } of readSafetensors(bytes, 'a').tensors.values()) expect(data.buffer).toBe(bytes.buffer);
  });

  test('a file of the reference implementation, byte for byte', () => {
    // safetensors.numpy.save({"x": np.arange(3, dtype=np.float32)}, {"k": "v"}) of the Python package, version 0.8.
    const header = '{"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}';
    const data = new Uint8Array(Float32Array.of(0, 1, 2).buffer);
    const reference = file(header.padEnd(80), data);
    const tensors = new Map<string, Tensor>([['x', { dtype: 'F32', shape: [3], data: Float32Array.of(0, 1, 2) }]]);
    expect(writeSafetensors(tensors, new Map([['k', 'v']]))).toEqual(reference);
    expect(readSafetensors(reference, 'x').tensors).toEqual(tensors);
  });

  test('a shape that does not describe the data is not written', () => {
    const wrong = (tensor: Tensor) => () => writeSafetensors(new Map([['a', tensor]]));
    expect(wrong({ dtype: 'F32', shape: [3], data: new Float32Array(2) })).toThrow(RangeError);
    expect(wrong({ dtype: 'F64', shape: [2], data: new Float32Array(2) })).toThrow(RangeError);
  });

  const bad: [string, Uint8Array, RegExp][] = [
    ['too short', new Uint8Array(7), /only 7 bytes/],
    ['a header longer than the file', file('{}', undefined, 3n), /claims 3 bytes but the file has 2/],
    ['a header of 2^63 bytes', file('{}', undefined, 2n ** 63n), /claims 9223372036854775808 bytes/],
    ['no JSON', file('{"a":'), /not JSON/],
    ['not UTF-8', file('{"a":1}').fill(0xff, 10, 11), /not JSON in UTF-8/],
    ['a list', file('[]'), /not JSON|not a JSON object/],
    ['nesting without end', file(`{"a":${'['.repeat(100_000)}`), /not JSON/],
    ['an entry that is no object', file('{"a":3}'), /'a' is not described/],
    ['an unknown dtype', file(one('F31', '[]', '[0,4]'), new Uint8Array(4)), /dtype "F31"/],
    ['a dtype of Object.prototype', file(one('constructor', '[]', '[0,4]'), new Uint8Array(4)), /dtype "constructor"/],
    ['a negative shape', file(one('U8', '[-1,-4]', '[0,4]'), new Uint8Array(4)), /shape that is not/],
    ['a fractional shape', file(one('U8', '[1.5]', '[0,4]'), new Uint8Array(4)), /shape that is not/],
    ['an absurd shape', file(one('U8', '[9007199254740991,9007199254740991]', '[0,4]'), new Uint8Array(4)), /not fit/],
    ['an absurd shape times zero', file(one('U8', '[9007199254740991,0]', '[0,4]'), new Uint8Array(4)), /not fit/],
    ['a shape of other size', file(one('F32', '[2]', '[0,4]'), new Uint8Array(4)), /does not fit its 4 bytes/],
    ['offsets that end after the file', file(one('U8', '[5]', '[0,5]'), new Uint8Array(4)), /bytes 0 to 5 of 4/],
    ['offsets backwards', file(one('U8', '[0]', '[4,0]'), new Uint8Array(4)), /bytes 4 to 0/],
    ['offsets missing', file('{"a":{"dtype":"U8","shape":[]}}'), /no pair of data_offsets/],
    ['a hole', file(one('U8', '[2]', '[2,4]'), new Uint8Array(4)), /begins at byte 2 of the data where 0/],
    ['bytes left over', file(one('U8', '[2]', '[0,2]'), new Uint8Array(4)), /end at byte 2/],
    [
      'an overlap',
      file(
        `${one('U8', '[3]', '[0,3]').slice(0, -1)},${one('U8', '[2]', '[2,4]').slice(1).replace('a', 'b')}`,
        new Uint8Array(4),
      ),
      /'b' begins at byte 2 of the data where 3/,
    ],
    [
      'a name twice',
      file(`${one('U8', '[4]', '[0,4]').slice(0, -1)},${one('U8', '[4]', '[0,4]').slice(1)}`, new Uint8Array(4)),
      /the key 'a' twice/,
    ],
    [
      'a name twice, once escaped',
      file(
        `${one('U8', '[4]', '[0,4]').slice(0, -1)},${one('U8', '[4]', '[0,4]').slice(1).replace('a', '\\u0061')}`,
        new Uint8Array(4),
      ),
      /the key 'a' twice/,
    ],
    ['metadata that is not text', file('{"__metadata__":{"a":1}}'), /metadata 'a' is not text/],
  ];
  test.each(bad)('refuses %s in one sentence that names the file', (_, bytes, message) => {
    const read = () => readSafetensors(bytes, 'w.safetensors');
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^w\.safetensors: /);
  });

  test('every truncation and every flipped header byte is refused or read, never anything else', () => {
    const bytes = writeSafetensors(TENSORS, METADATA);
    for (let end = 0; end < bytes.length; end++) {
      expect(() => readSafetensors(bytes.slice(0, end), 'a')).toThrow(InputError);
    }
    let refused = 0;
    for (let at = 0; at < 400; at++) {
      const copy = bytes.slice();
      copy[at] ^= 1 << (at % 8);
      try {
        readSafetensors(copy, 'a');
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(200);
  });
});
