import { describe, expect, it } from 'vitest';
import { InputError } from '../src/config/errors.ts';
import { openFiles } from '../src/formats/open.ts';
import { mutant } from './mutants.ts';

const flights = {
  name: 'flights.csv',
  bytes: new TextEncoder().encode('day;plane;from;to;seats\nMon;A320;TXL;MUC;180\nTue;B737;MUC;HAM;150\n'),
};

describe('a table that was damaged', () => {
  const columns = [{ column: 'from', role: 'target' } as const, { column: 4, role: 'weight' } as const];
  it.each([
    {},
    { tables: [{ columns }] },
    { tables: [{ delimiter: 'tab' as const }] },
    { tables: [{ header: false }] },
  ])('%j', (choices) => {
    let shown = 0;
    for (let seed = 0; seed < 400; seed++) {
      const bytes = mutant(flights.bytes, seed);
      const read = (what: 'view' | 'read') => {
        try {
          return openFiles([{ name: 'flights.csv', bytes }])[what](choices);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          return null;
        }
      };
      // Whatever can be read can be shown.
      const view = read('view');
      if (view) shown++;
      if (read('read')) expect(view).not.toBe(null);
    }
    expect(shown).toBeGreaterThan(200);
  });
});
