import { InputError } from '../config/errors.ts';
import { weightsBytes } from '../model/stored.ts';
import type { Predictions } from '../train/predictions.ts';
import { type KeptView, NOTHING_KEPT, predictionsBytes } from './kept.ts';
import type { TrainedModel } from './trainedModel.ts';

/**
 * What the last run on the current graph left, or one whose model was opened since, for whoever looks into it. The page can ask for none of
 * it once another run has begun, so that one frees it: its memory is not to be shared with what the one before left.
 */
export interface Leftovers {
  /** @throws InputError where there is none */
  model(): TrainedModel;
  /** Bytes of all of it, without the weights of this model: whoever evaluates a model counts its weights. */
  beside(model: TrainedModel): number;
  readonly predictions: Predictions | null;
  /** The run ended; without a model, where it has none to leave. */
  keep(left: { readonly model: TrainedModel | null; readonly predictions: Predictions | null }): void;
  /** So many bytes of opinions of this model are remembered now. */
  opinionsHeld(of: TrainedModel, bytes: number): void;
  letGo(): void;
}

/** @param tell what is kept, whenever that changes */
export function newLeftovers(tell: (kept: KeptView) => void): Leftovers {
  let model: TrainedModel | null = null;
  let predictions: Predictions | null = null;
  let kept = NOTHING_KEPT;
  const say = (opinions: number) => {
    kept = {
      weights: model ? weightsBytes(model.weights) : 0,
      predictions: predictions ? predictionsBytes(predictions) : 0,
      opinions,
    };
    tell(kept);
  };
  return {
    model() {
      if (!model) throw new InputError('There is no trained model of this graph yet: train one, or open one.');
      return model;
    },
    beside: (of) => (of === model ? 0 : kept.weights) + kept.predictions + kept.opinions,
    get predictions() {
      return predictions;
    },
    keep(left) {
      ({ model, predictions } = left);
      say(0);
    },
    opinionsHeld(of, bytes) {
      if (of === model) say(bytes);
    },
    letGo() {
      [model, predictions] = [null, null];
      say(0);
    },
  };
}
