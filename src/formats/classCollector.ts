/** Labels as text become classes, which are numbered at the end, when all are known. */
import type { InputError } from '../config/errors.ts';
import { growingIds } from './growing.ts';
import { isNumber } from './textTable.ts';

const NO_CLASS = 2 ** 32 - 1;

export interface ClassCollector {
  /** The label of the next node; nothing is -1. */
  readonly add: (text: string) => void;
  /** Classes sorted, by value where all are integers. Throws what `odd` makes of a number that is none. */
  readonly finish: (odd: (label: string) => InputError) => { codes: Int32Array; classNames: string[] };
}

/** Collects the labels of nodes, in order. */
export function classCollector(): ClassCollector {
  const first = new Map<string, number>(); // in order of appearance
  const rows = growingIds();
  return {
    add(text) {
      let code = first.get(text) ?? first.size;
      if (text === '') code = NO_CLASS;
      else if (code === first.size) first.set(text, code);
      rows.push(code);
    },
    finish(odd) {
      const texts = [...first.keys()];
      const allNumbers = texts.every(isNumber);
      const wrong = texts.find((text) => allNumbers && !Number.isInteger(Number(text)));
      if (wrong !== undefined) throw odd(wrong);
      // 1 and 1.0 are one class; text is ordered by code unit, the same in every locale.
      const nameOf = (text: string) => (allNumbers ? String(Number(text)) : text);
      const classNames = [...new Set(texts.map(nameOf))].sort((a, b) =>
        allNumbers ? Number(a) - Number(b) : a < b ? -1 : 1,
      );
      const numberOf = new Map(classNames.map((name, i) => [name, i]));
      const sorted = texts.map((text) => numberOf.get(nameOf(text)) as number);
      return { codes: Int32Array.from(rows.finish(), (code) => sorted[code] ?? -1), classNames };
    },
  };
}
