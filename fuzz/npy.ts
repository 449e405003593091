/** Writes .npy files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

const WRITE: Record<string, [bytes: number, set: (view: DataView, at: number, value: number) => void]> = {
  '<f4': [4, (view, at, value) => view.setFloat32(at, value, true)],
  '<i4': [4, (view, at, value) => view.setInt32(at, value, true)],
  '<i8': [8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)],
  '|b1': [1, (view, at, value) => view.setUint8(at, value)],
  '|S1': [1, (view, at, value) => view.setUint8(at, value)],
};

/** An array of that type (a key of the table above), in C's order. */
export function npy(descr: string, shape: readonly number[], values: readonly number[]): Uint8Array {
  const [size, set] = WRITE[descr];
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const begin = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(begin + size * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, begin - 10, true);
  bytes.set(new TextEncoder().encode(`${header.padEnd(begin - 11)}\n`), 10);
  for (const [i, value] of values.entries()) set(view, begin + i * size, value);
  return bytes;
}
