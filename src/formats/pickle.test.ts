import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readPickle } from './pickle.ts';
import { NUMPY_REGISTRY, numpyArray, numpyMatrix } from './pickleNumpy.ts';
import type { PickleKey, PickleValue } from './pickleValues.ts';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`testdata/${name}`, import.meta.url)));
/** A pickle from latin-1 text: opcodes are letters, so that a crafted program can be read. */
const program = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const read = (text: string) => readPickle(program(text), 'f.pkl', NUMPY_REGISTRY).value;
const errorOf = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

describe.each([0, 1, 2, 3, 4, 5])('values.p%i.pkl, written by Python', (protocol) => {
  const bytes = fixture(`values.p${protocol}.pkl`);
  const values = readPickle(bytes, 'values', NUMPY_REGISTRY).value as Map<PickleKey, PickleValue>;
  const array = (key: string) => numpyArray(values.get(key), key);

  it('holds the plain values', () => {
    const plain = (key: string) => values.get(key);
    expect(plain('none')).toBe(null);
    expect(plain('yes')).toBe(true);
    expect(plain('no')).toBe(false);
    expect(plain('small')).toBe(7);
    expect(plain('negative')).toBe(-300);
    expect(plain('large')).toBe(2 ** 40);
    expect(plain('huge')).toBe(-(2n ** 80n));
    expect(plain('float')).toBe(0.1);
    expect(plain('infinite')).toBe(Number.NEGATIVE_INFINITY);
    expect(plain('text')).toBe('Grüße, \\ Δ\n😀');
    expect(plain('bytes')).toEqual(Uint8Array.of(0, 10, 39, 92, 128, 255));
    expect(plain('tuple')).toEqual([1, [2, 3], []]);
    expect(plain('list')).toEqual([1, [2, []], 'a']);
    expect([...(plain('ordered') as Map<PickleKey, PickleValue>)]).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    expect(plain('default')).toEqual(new Map([[3, [4, 5]]]));
    expect(plain('scalar')).toBe(-5);
  });

  it('holds the arrays', () => {
    expect(array('f8')).toEqual({ shape: [2, 3], values: Float64Array.of(1.5, -2, 3.25, 0, 1e300, -0.5) });
    expect(array('fortran')).toEqual({ shape: [2, 3], values: Int32Array.of(0, 1, 2, 3, 4, 5) });
    expect(array('big').values).toEqual(Int16Array.of(0, 1, 2, 3));
    expect(array('u1').values).toEqual(Uint8Array.of(0, 255));
    expect(array('bool').values).toEqual(Uint8Array.of(1, 0));
    expect(array('i8').values).toEqual(Float64Array.of(-(2 ** 53) + 1, 2));
    expect(array('empty').shape).toEqual([0, 3]);
  });

  it('holds the CSR matrix, and refuses what is none', () => {
    const matrix = numpyMatrix(values.get('csr'), 'csr');
    const entries: number[][] = [];
    for (let r = 0; r < matrix.rows; r++) matrix.visit(r, (col, value) => entries.push([r, col, value]));
    expect([matrix.rows, matrix.cols]).toEqual([3, 4]);
    expect(entries.sort()).toEqual([
      [0, 0, 1],
      [0, 2, 3],
      [2, 2, 2],
    ]);
    expect(() => numpyMatrix(values.get('f8'), 'f8')).toThrow(/f8: row 1, column 1 holds 1e\+300/);
    expect(() => numpyMatrix(values.get('u1'), 'u1')).toThrow(/u1: a matrix is expected, this is 2\./);
    expect(() => numpyArray(values.get('list'), 'list')).toThrow(InputError);
  });

  it('cut anywhere is refused with the byte where it ends', () => {
    for (let end = 0; end < bytes.length; end++) {
      const error = errorOf(() => readPickle(bytes.subarray(0, end), 'values', NUMPY_REGISTRY));
      expect(error).toBeInstanceOf(InputError);
      expect(error.message).toContain(`values: the pickle ends at byte ${end}, inside`);
    }
  });
});

describe('names', () => {
  it.each([
    ['os.system', 'cos\nsystem\n(S"touch /tmp/x"\ntR.'],
    ['posix.system', '\x80\x02cposix\nsystem\nU\x02id\x85R.'],
    ['builtins.eval', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x031+1\x85R.'],
    ['__builtin__.eval', '(S"1+1"\ni__builtin__\neval\n.'],
    ['__builtin__.getattr', 'c__builtin__\ngetattr\n(Ntb.'],
    ['torch._utils._rebuild_tensor', '\x80\x02ctorch._utils\n_rebuild_tensor\n.'],
    ['numpy.core.multiarray.fromfile', 'cnumpy.core.multiarray\nfromfile\n.'],
    ['__proto__.constructor', 'c__proto__\nconstructor\n.'],
  ])('%s is refused and nothing is executed', (name, text) => {
    const error = errorOf(() => read(text));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain(`f.pkl: the pickle names ${name} at byte `);
    expect(error.message).toContain('nothing was executed');
  });

  it('stay on one line of the message whatever they hold', () => {
    const { message } = errorOf(() => read(`c${'\r\x1b[2J'.repeat(100)}\nx\n.`));
    expect([...message].every((c) => c >= ' ')).toBe(true);
    expect(message.length).toBeLessThan(400);
  });

  it('that are whitelisted are only called with what they take', () => {
    expect(read('c__builtin__\nlist\n)R.')).toEqual([]);
    expect(() => read('c__builtin__\nlist\n(]tR.')).toThrow(/arguments that __builtin__\.list does not take at byte/);
    expect(() => read('c_codecs\nencode\n(Vabc\nVrot13\ntR.')).toThrow(InputError);
    expect(() => read('I1\n)R.')).toThrow(/a call of something that is not a known function at byte 4/);
  });
});

describe('Python 2', () => {
  it('writes text as bytes, which are text as keys', () => {
    const value = read('\x80\x02}q\x00(U\x01aT\x03\x00\x00\x00\xe9\x85\x00S"it\'s \\xe9\\n\\\\"\nI2\nu.') as Map<
      string,
      unknown
    >;
    expect(value.get('a')).toEqual(Uint8Array.of(0xe9, 0x85, 0));
    expect(value.get("it's é\n\\")).toBe(2);
  });

  it('has long integers with an L and booleans as 00 and 01', () => {
    expect(read('(L123456789012345678901L\nI01\nI00\nI-4\nt.')).toEqual([123456789012345678901n, true, false, -4]);
  });
});

describe('several pickles in one file', () => {
  const bytes = program('\x80\x02K\x07.\x80\x02(U\x07storageK\x2atQ.');

  it('are read one after the other', () => {
    const first = readPickle(bytes, 'f', NUMPY_REGISTRY);
    expect(first).toEqual({ value: 7, end: 5 });
    const persistentLoad = (id: PickleValue) => (Array.isArray(id) ? Number(id[1]) + 1 : undefined);
    expect(readPickle(bytes, 'f', NUMPY_REGISTRY, { start: first.end, persistentLoad }).value).toBe(43);
  });

  it('refuse a persistent id that nobody resolves', () => {
    expect(() => readPickle(bytes, 'f', NUMPY_REGISTRY, { start: 5 })).toThrow(/reference to data outside the pickle/);
  });
});

describe('hostile programs', () => {
  it.each([
    ['a length beyond the file', 'T\xff\xff\xff\x7fabc.'],
    ['a 64-bit length', '\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.'],
    ['a long of 2 GB', '\x8b\xff\xff\xff\x7f.'],
    ['a long of many digits', `L${'9'.repeat(5000)}L\n.`],
    ['an empty stack', '.'],
    ['a missing mark', 't.'],
    ['a value taken from under a mark', 'I1\n(\x85.'],
    ['an unknown reference', 'h\x05.'],
    ['a list as a key', '}]I1\ns.'],
    ['an odd number of items', '}(I1\nu.'],
    ['an append to a number', 'I1\nI2\na.'],
    ['a state for a list', ']}b.'],
    ['an integer that is none', 'Iabc\n.'],
    ['a float that is none', 'F\n.'],
    ['an unclosed string', "S'abc\n."],
    ['an unknown opcode', '\xfe.'],
    ['an extension code', '\x80\x02\x82\x01.'],
    ['a protocol of the future', '\x80\x09N.'],
  ])('%s', (_, text) => {
    expect(errorOf(() => read(text))).toBeInstanceOf(InputError);
  });

  it('cannot make more than the file holds by calling the same function again and again', () => {
    const text = `V${'x'.repeat(2000)}\np0\n0c_codecs\nencode\np1\n0(${'g1\n(g0\nVlatin1\ntR'.repeat(500)}t.`;
    expect(() => read(text)).toThrow(InputError);
  });

  it('may nest as deep as they like and refer to themselves', () => {
    expect(read(`N${'\x85'.repeat(200_000)}.`)).toHaveLength(1);
    const loop = read(']q\x00h\x00a.') as PickleValue[];
    expect(loop[0]).toBe(loop);
  });

  it.each([
    ['a shape larger than the data', 'I1000000000\nI1000000000\n', 'i4', 8],
    ['a negative shape', 'I-1\nI-2\n', 'i4', 8],
    ['a shape smaller than the data', 'I1\nI1\n', 'i4', 8],
    ['a dtype of objects', 'I1\nI2\n', 'O8', 16],
  ])('an array with %s is refused', (_, shape, dtype, size) => {
    const data = String.fromCharCode(size) + '\0'.repeat(size);
    const text = `cnumpy\nndarray\n)R(I1\n(${shape}tcnumpy\ndtype\n(U\x02${dtype}tRI00\nU${data}tb.`;
    expect(() => numpyArray(read(text), 'a')).toThrow(/a: a NumPy array's data do not fit its shape/);
  });
});
