/** Damaged copies of a file, for tests of parsers: the same one for the same seed. */

type Damage = (bytes: Uint8Array, random: (below: number) => number) => Uint8Array;

/** Sizes that a careless reader believes. */
const ODD_NUMBERS = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const ODD_TEXTS = [
  '-1',
  '0',
  '0.5',
  '65536',
  '60000000',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '1e308',
  'NaN',
];

const DAMAGES: readonly Damage[] = [
  (bytes, random) => changed(bytes, random, () => random(256)),
  (bytes, random) => changed(bytes, random, (old) => old ^ (1 << random(8))),
  // Of its own bytes: a digit for a digit, a bracket for a comma. More of these pass a parser's first glance.
  (bytes, random) => changed(bytes, random, () => bytes[random(bytes.length)]),
  (bytes, random) => bytes.slice(0, random(bytes.length)),
  (bytes, random) => spliced(bytes, random(bytes.length), 0, 1 + random(40)),
  (bytes, random) => spliced(bytes, random(bytes.length), 1 + random(40), 0),
  (bytes, random) => joined(bytes.subarray(0, random(bytes.length)), bytes.subarray(random(bytes.length))),
  (bytes, random) => {
    const word = new Uint8Array(Uint32Array.of(ODD_NUMBERS[random(ODD_NUMBERS.length)]).buffer);
    const copy = bytes.slice();
    for (let i = 0, at = random(bytes.length); i < 4 && at < bytes.length; i++, at++) copy[at] = word[i];
    return copy;
  },
  (bytes, random) => {
    const isDigit = (byte: number) => byte >= 48 && byte <= 57;
    const from = random(bytes.length);
    const digit = bytes.subarray(from).findIndex(isDigit);
    const at = from + Math.max(digit, 0);
    let end = at;
    while (end < bytes.length && isDigit(bytes[end])) end++;
    const text = new TextEncoder().encode(ODD_TEXTS[random(ODD_TEXTS.length)]);
    return joined(joined(bytes.subarray(0, at), text), bytes.subarray(end));
  },
];

/** The file with bytes or numbers changed, bytes copied within it, cut off, cut out or repeated; one time in four damaged twice. */
export function mutant(original: Uint8Array, seed: number): Uint8Array {
  const random = randomBelow(seed);
  let bytes = original;
  for (let times = random(4) === 0 ? 2 : 1; times > 0 && bytes.length > 0; times--) {
    bytes = DAMAGES[random(DAMAGES.length)](bytes, random);
  }
  return bytes;
}

/** Mulberry32, in which neighbouring seeds have nothing in common. */
function randomBelow(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function changed(bytes: Uint8Array, random: (below: number) => number, make: (old: number) => number): Uint8Array {
  const copy = bytes.slice();
  for (let hits = 1 + random(4); hits > 0; hits--) {
    const at = random(copy.length);
    copy[at] = make(copy[at]);
  }
  return copy;
}

/** Without `dropped` bytes from `at`, or with the `repeated` ones from there twice. */
function spliced(bytes: Uint8Array, at: number, repeated: number, dropped: number): Uint8Array {
  return joined(bytes.subarray(0, at + repeated), bytes.subarray(Math.min(at + dropped, bytes.length)));
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
