/**
 * The shape of a CPU kernel: the same bindings and parameters, by the same names, as the WGSL kernel of the same name.
 * Sums are taken in double precision and rounded once on storing. Float arrays are Float64Array in the oracle.
 */
export type Floats = Float32Array | Float64Array;

export interface Operands {
  readonly floats: Readonly<Record<string, Floats>>;
  readonly words: Readonly<Record<string, Uint32Array>>;
}

export type Params = Readonly<Record<string, number>>;

export type CpuKernel = (operands: Operands, params: Params) => void;
