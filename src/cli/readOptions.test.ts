import { expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { choosesAny, parseReadChoices, type ReadOptions } from './readOptions.ts';

const parse = (columns: readonly string[], rest: Partial<ReadOptions> = {}) =>
  parseReadChoices({ directed: false, columns, ...rest });

test('nothing given is nothing chosen', () => {
  expect(parse([])).toEqual({});
  expect(choosesAny(parse([]))).toBe(false);
});

test('options become choices, for one file or for all', () => {
  const others = { directed: true, selfLoops: 'keep', delimiter: ';', header: 'no' };
  expect(parse(['e.csv:from=source, 3=target', 'a=b=feature'], others)).toEqual({
    directed: true,
    selfLoops: 'keep',
    tables: [
      { delimiter: 'semicolon' },
      { header: false },
      { file: 'e.csv', columns: [{ column: 'from', role: 'source' }] },
      { file: 'e.csv', columns: [{ column: 2, role: 'target' }] },
      { columns: [{ column: 'a=b', role: 'feature' }] },
    ],
  });
  expect(parse(['W=network,Y=labels'])).toEqual({ matNames: { network: 'W', labels: 'Y' } });
});

test.each([
  [['from'], {}, /--columns "from": "from" is no COLUMN=ROLE/],
  [['from=sauce'], {}, /there is no role "sauce": did you mean source\?$/],
  [[''], {}, /is no COLUMN=ROLE/],
  [[], { delimiter: 'pipe' }, /--delimiter cannot be "pipe": it must be one of tab, comma, semicolon, space\.$/],
  [[], { selfLoops: 'yes' }, /--self-loops cannot be "yes": it must be keep or drop\.$/],
  [[], { header: 'maybe' }, /--header cannot be "maybe": it must be yes or no\.$/],
] as const)('%j %j is refused', (columns, rest, message) => {
  expect(() => parse(columns, rest)).toThrow(message);
  expect(() => parse(columns, rest)).toThrow(InputError);
});
