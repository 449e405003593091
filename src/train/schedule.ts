import type { Config } from '../config/schema.ts';

/**
 * The learning rate of an epoch, counted from 1: the base rate as it is now, which may be changed by hand, times a factor of the
 * epoch alone. The factors are those of PyTorch's StepLR and CosineAnnealingLR; the warm-up is its LinearLR from
 * 1 / (warmup + 1), after which the schedule begins (SequentialLR).
 */
export function learningRate(config: Config, epoch: number): number {
  const warmup = config['training.warmup'];
  const behind = epoch - 1;
  const factor =
    behind < warmup ? (behind + 1) / (warmup + 1) : FACTORS[config['training.schedule']](behind - warmup, config);
  return config['training.lr'] * factor;
}

/** By the number of epochs behind it, warm-up aside. */
const FACTORS: Readonly<Record<Config['training.schedule'], (behind: number, config: Config) => number>> = {
  constant: () => 1,
  step: (behind, config) => config['training.gamma'] ** Math.floor(behind / config['training.stepSize']),
  // Falls to 0 over the epochs that the warm-up leaves.
  cosine: (behind, config) => {
    const length = Math.max(1, config['training.epochs'] - config['training.warmup']);
    return (1 + Math.cos((Math.PI * Math.min(behind, length)) / length)) / 2;
  },
};
