/** Labels as text become classes, which are numbered at the end, when all are known. */
import type { InputError } from '../config/errors.ts';
import { growingIds } from './growing.ts';
import { type Labels, labelBuilder } from './labels.ts';
import { isNumber } from './textTable.ts';

const NO_CLASS = 2 ** 31 - 1;
/** Beside the number of a label: it is a further one of the node before. */
const FURTHER = 2 ** 31;

export interface ClassCollector {
  /** The labels of the next node; an empty one is none. */
  readonly add: (texts: readonly string[]) => void;
  /** Classes sorted, by value where all are integers. Throws what `odd` makes of a number that is none. */
  readonly finish: (odd: (label: string) => InputError) => Labels & { readonly classNames: string[] };
}

/** Collects the labels of nodes, in order. */
export function classCollector(): ClassCollector {
  const first = new Map<string, number>(); // in order of appearance
  const rows = growingIds();
  const codeOf = (text: string): number => {
    if (text === '') return NO_CLASS;
    const code = first.get(text) ?? first.size;
    if (code === first.size) first.set(text, code);
    return code;
  };
  return {
    add(texts) {
      if (texts.length === 0) rows.push(NO_CLASS);
      for (let i = 0; i < texts.length; i++) rows.push(codeOf(texts[i]) + (i > 0 ? FURTHER : 0));
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
      const codes = rows.finish();
      if (codes.every((code) => code < FURTHER)) {
        return { labels: Int32Array.from(codes, (code) => sorted[code] ?? -1), labelSets: null, classNames };
      }
      const labels = labelBuilder();
      for (const [i, code] of codes.entries()) {
        if (i > 0 && code < FURTHER) labels.endNode();
        const label = sorted[code % FURTHER];
        if (label !== undefined) labels.add(label);
      }
      labels.endNode();
      return { ...labels.finish(classNames.length), classNames };
    },
  };
}
