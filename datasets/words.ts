/**
 * Bag of words over one-line descriptions, without the words that would give the answer away. The label of a package is
 * its section, so no name of a section may be a feature, nor a form of one: see `namesSection`.
 */

/** Common English words that say nothing about a package. */
const STOP_WORDS = new Set(
  `a about all also an and any are as at be been between both but by can each either etc for from get gets has have how
  if in into is it its like make makes many may more most much no not of off on one only or other over own per so some
  such than that the their them then there these this to too under up use used user users uses using via very was what
  when where which while who will with within without you your`.split(/\s+/),
);

/** What abbreviated section names stand for, where cutting off an ending does not show it. */
const LONG_FORMS: Readonly<Record<string, readonly string[]>> = {
  admin: ['administration', 'administrative', 'administrator'],
  cli: ['commandline'],
  comm: ['communication', 'communicate'],
  devel: ['dev', 'development', 'developer', 'developing'],
  doc: ['documentation', 'document', 'documented'],
  editors: ['edit', 'editing'],
  embedded: ['embed', 'embedding'],
  education: ['educational'],
  games: ['gaming'],
  graphics: ['graphical', 'graphic'],
  electronics: ['electronic'],
  interpreters: ['interpreted', 'interpret'],
  introspection: ['gir'],
  lib: ['library'],
  localization: ['localisation', 'localized', 'localised', 'localize', 'locale', 'l10n'],
  math: ['maths', 'mathematics', 'mathematical'],
  metapackages: ['meta', 'metapackage'],
  net: ['network', 'networking', 'networked'],
  science: ['scientific'],
  tasks: ['task'],
  tex: ['latex', 'texlive'],
  utils: ['utility', 'util'],
  debug: ['debugging', 'debugger', 'dbg'],
  video: ['videos'],
};

/** The words of a text: letters and digits, lower case, at least two characters and at least one letter. */
export function tokenize(text: string): string[] {
  return (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).filter((word) => word.length > 1 && /[a-z]/.test(word));
}

/** Singular, without a trailing version (`libraries` → `library`, `python3` → `python`, `libs` → `lib`). */
function stem(word: string): string {
  // At least two letters stay: `x11` is no version of `x86`.
  const bare = word.replace(/(?<=[a-z]{2})\d+$/, '');
  if (bare.length > 4 && bare.endsWith('ies')) return `${bare.slice(0, -3)}y`;
  return bare.length > 3 && bare.endsWith('s') && !bare.endsWith('ss') ? bare.slice(0, -1) : bare;
}

/**
 * A test for words that name a section: a section's name, a part of it (`gnu-r`: gnu, r; `oldlibs`, `libdevel`: lib, devel),
 * its singular or plural, the same with a version behind it (`python3`), or the long form of an abbreviation
 * (`doc`: documentation).
 */
export function namesSection(sections: Iterable<string>): (word: string) => boolean {
  const named = new Set<string>();
  const add = (word: string) => {
    named.add(word).add(stem(word));
    for (const long of LONG_FORMS[word] ?? []) named.add(long).add(stem(long));
  };
  for (const section of sections) {
    add(section.replaceAll('-', ''));
    for (const part of section.split('-')) add(part);
    for (const part of ['lib', 'devel']) if (section.includes(part)) add(part);
  }
  return (word) => named.has(word) || named.has(stem(word));
}

/**
 * The `size` words that occur in most texts and pass `allowed`, sorted by name. Ties in frequency are broken by name, so
 * that the same texts give the same vocabulary everywhere.
 */
export function vocabulary(texts: readonly string[], size: number, allowed: (word: string) => boolean): string[] {
  const documents = new Map<string, number>();
  for (const text of texts) {
    for (const word of new Set(tokenize(text))) documents.set(word, (documents.get(word) ?? 0) + 1);
  }
  return [...documents]
    .filter(([word]) => !STOP_WORDS.has(word) && allowed(word))
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, size)
    .map(([word]) => word)
    .sort();
}

/** Which words each text holds: a sparse texts × words matrix of ones. */
export function bagOfWords(texts: readonly string[], words: readonly string[]) {
  const column = new Map(words.map((word, index) => [word, index]));
  const indptr = new Uint32Array(texts.length + 1);
  const indices: number[] = [];
  texts.forEach((text, row) => {
    const present = new Set(tokenize(text).flatMap((word) => column.get(word) ?? []));
    indices.push(...[...present].sort((a, b) => a - b));
    indptr[row + 1] = indices.length;
  });
  return {
    kind: 'sparse' as const,
    rows: texts.length,
    cols: words.length,
    indptr,
    indices: Uint32Array.from(indices),
    values: null,
  };
}
