import { normalDensity, normalDistribution } from './erf.ts';
import type { CpuKernel } from './kernel.ts';

/** Activation functions and their gradients; see shaders/activation. */

const LEAKY_SLOPE = 0.01;

interface Kind {
  value(x: number, slope: number): number;
  /** The gradient of the input; `kept` is the output or the input, as the op says. */
  gradient(upstream: number, kept: number, slope: number): number;
}

const kinds: Readonly<Record<string, Kind>> = {
  relu: {
    value: (x) => (x < 0 ? 0 : x),
    gradient: (upstream, y) => (y > 0 ? upstream : 0),
  },
  elu: {
    value: (x) => (x < 0 ? Math.expm1(x) : x),
    gradient: (upstream, y) => (y < 0 ? upstream * (y + 1) : upstream),
  },
  leakyRelu: {
    value: (x) => (x < 0 ? LEAKY_SLOPE * x : x),
    gradient: (upstream, y) => (y > 0 ? upstream : LEAKY_SLOPE * upstream),
  },
  gelu: {
    value: (x) => x * normalDistribution(x),
    gradient: (upstream, x) => upstream * (normalDistribution(x) + x * normalDensity(x)),
  },
  prelu: {
    value: (x, slope) => (x < 0 ? slope * x : x),
    gradient: (upstream, x, slope) => (x > 0 ? upstream : slope * upstream),
  },
};

const forward = ({ value }: Kind): CpuKernel => {
  return ({ floats: { x, slope, out } }, p) => {
    const factor = slope ? slope[0] : 0;
    for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = value(x[i], factor);
  };
};

const backward = ({ gradient }: Kind): CpuKernel => {
  return ({ floats: { upstream, kept, slope, out } }, p) => {
    const factor = slope ? slope[0] : 0;
    for (let i = 0; i < p.rows * p.width4 * 4; i++) out[i] = gradient(upstream[i], kept[i], factor);
  };
};

export const activationKernels: Record<string, CpuKernel> = Object.fromEntries(
  Object.entries(kinds).flatMap(([name, kind]) => [
    [`activation.${name}`, forward(kind)],
    [`activation.${name}Grad`, backward(kind)],
  ]),
);
