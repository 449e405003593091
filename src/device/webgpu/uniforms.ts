import type { Launch } from '../../tensor/op.ts';
import type { Parameter } from './shaders.ts';

/** Writes the parameters of a launch as its kernel's `struct Params` has them, from `offset` bytes on; what it does not have is 0. */
export function writeParams(into: DataView, offset: number, members: readonly Parameter[], { params }: Launch): void {
  members.forEach(({ name, type }, i) => {
    const value = params[name] ?? 0;
    if (type === 'f32') into.setFloat32(offset + 4 * i, value, true);
    else into.setUint32(offset + 4 * i, value, true);
  });
}
