/** Damaged copies of a file, for tests of parsers: the same ones for the same seed. */

/** Bytes changed, copied within the file, cut off, cut out or repeated. */
export function* mutants(original: Uint8Array, count: number, seed: number): Generator<Uint8Array> {
  let state = seed;
  const random = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const { length } = original;
  const change = (make: () => number) => {
    const bytes = original.slice();
    for (let hits = 1 + random(4); hits > 0; hits--) bytes[random(length)] = make();
    return bytes;
  };
  const damages = [
    () => change(() => random(256)),
    // Of its own bytes: a digit for a digit, a bracket for a comma. More of these pass a parser's first glance.
    () => change(() => original[random(length)]),
    () => original.slice(0, random(length)),
    () => spliced(original, random(length), 0, 1 + random(40)),
    () => spliced(original, random(length), 1 + random(40), 0),
  ];
  for (let i = 0; i < count; i++) yield damages[random(damages.length)]();
}

/** Without `dropped` bytes from `at`, or with the `repeated` ones from there twice. */
function spliced(original: Uint8Array, at: number, repeated: number, dropped: number): Uint8Array {
  const parts = [original.subarray(0, at + repeated), original.subarray(Math.min(at + dropped, original.length))];
  const bytes = new Uint8Array(parts[0].length + parts[1].length);
  bytes.set(parts[0]);
  bytes.set(parts[1], parts[0].length);
  return bytes;
}
