import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readNumberTable } from './numberTable.ts';

const text = (content: string) => new TextEncoder().encode(content);
const floats = {
  make: (length: number) => new Float32Array(length),
  maxRows: 10_000,
  accepts: (value: number) => Number.isFinite(Math.fround(value)),
  wanted: 'a finite number',
};
const read = (content: string, rules = {}) => readNumberTable(text(content), 't', { ...floats, ...rules });

describe('a table of numbers', () => {
  test('in every notation, with either end of line and none at the end of the file', () => {
    const table = read('1,-0.5,1e-3\r\n\n.25, +2 ,123456789.123456789\n-0,1.,1E2');
    expect(table).toMatchObject({ rows: 3, cols: 3 });
    expect(table.values).toEqual(Float32Array.of(1, -0.5, 1e-3, 0.25, 2, 123456789.12345679, -0, 1, 100));
    expect(read('')).toEqual({ rows: 0, cols: 0, values: new Float32Array(0) });
    expect(read('3\nnan\nNaN\n', { missing: -1 }).values).toEqual(Float32Array.of(3, -1, -1));
  });

  test('that goes on over many steps of input, packed or not', () => {
    const [rows, cols] = [4000, 30];
    const numbers = Array.from({ length: rows * cols }, (_, i) =>
      ((Math.imul(i, 2654435761) >> 8) / 1e6).toFixed(i % 9),
    );
    const lines = Array.from({ length: rows }, (_, r) => numbers.slice(r * cols, (r + 1) * cols).join(','));
    const plain = text(`${lines.join('\n')}\n`);
    const packed = gzipSync(plain);
    expect(packed.length).toBeGreaterThan(3 * 65_536);
    for (const bytes of [plain, packed]) {
      expect(readNumberTable(bytes, 't', floats)).toEqual({ rows, cols, values: Float32Array.from(numbers, Number) });
    }
  });

  test.each<[string, string, object, string]>([
    ['a header', 'a,b\n1,2\n', {}, "t: line 1 holds 'a' where a finite number is expected"],
    ['an empty field', '1,2\n1,\n', {}, "t: line 2 holds '' where a finite number"],
    ['a missing number', '1,2\nnan,3\n', {}, "t: line 2 holds 'nan' where a finite number"],
    ['more than a 32-bit float', '1e39\n', {}, "t: line 1 holds '1e39'"],
    ['a short line', '1,2\n1\n', {}, 't: line 2 has 1 numbers where the first has 2'],
    ['a long line', '1,2\n1,2,3\n', {}, 't: line 2 has more numbers than the first, which has 2'],
    ['too many lines', '1\n2\n3\n', { maxRows: 2 }, 't: line 3 is one too many'],
    ['any line where none may be', '1\n', { maxRows: 0 }, 't: line 1 is one too many'],
    ['an endless line', '1,'.repeat(70_000), {}, 't: line 1 has more than 65536 numbers'],
    ['an endless number', '1'.repeat(70_000), {}, 't: line 1 has a field of more than 64 bytes'],
    ['a long number', `${'1'.repeat(65)},1\n`, {}, "t: line 1 holds '1111"],
  ])('with %s is refused', (_, content, rules, message) => {
    expect(() => read(content, rules)).toThrow(message);
    expect(() => read(content, rules)).toThrow(InputError);
  });

  test('allocates no more than its bytes can hold, whatever is claimed', () => {
    const asked: number[] = [];
    const make = (length: number) => {
      asked.push(length);
      return new Float32Array(length);
    };
    const lying = gzipSync(text('1\n2\n'));
    new DataView(lying.buffer).setUint32(lying.length - 4, 0xffffffff, true);
    expect(() => readNumberTable(lying, 't', { ...floats, make, maxRows: 2 ** 40 })).toThrow(
      'the gzip data is damaged',
    );
    read('1\n2\n', { make, maxRows: 2 ** 40 });
    expect(asked).toEqual([Math.ceil((lying.length * 1032 + 1) / 2), 3]);
    const bomb = gzipSync(new Uint8Array(2 ** 24).fill(48));
    expect(() => readNumberTable(bomb, 't', floats)).toThrow('t: line 1 has a field of more than 64 bytes');
  });
});
