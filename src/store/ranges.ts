/** What `read` gives for each pair of begin and end, one after the other. */
export function joinRanges(ranges: Uint32Array, read: (begin: number, end: number) => Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const part = read(ranges[i], ranges[i + 1]);
    parts.push(part);
    length += part.length;
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
