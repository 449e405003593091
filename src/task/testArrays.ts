/** For tests: counts the bytes of the typed arrays that are made, also of those that nobody holds any more. */

const KINDS = ['Uint8Array', 'Uint16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array'] as const;
type AnyTyped = new (...about: unknown[]) => ArrayBufferView;

/** Whatever is made while `work` goes on is counted; what it works on has to be made there, too, because a copy is of the same kind. */
export async function countArrays<T>(work: (made: () => number) => Promise<T> | T): Promise<T> {
  let bytes = 0;
  const globals = globalThis as unknown as Record<string, AnyTyped>;
  const usual = KINDS.map((kind) => [kind, globals[kind]] as const);
  for (const [kind, Usual] of usual) {
    globals[kind] = class extends Usual {
      constructor(...about: unknown[]) {
        super(...about);
        // A view of what is there takes nothing.
        if (!(about[0] instanceof ArrayBuffer)) bytes += this.byteLength;
      }
    };
  }
  try {
    return await work(() => bytes);
  } finally {
    for (const [kind, Usual] of usual) globals[kind] = Usual;
  }
}
