// The mergeable accumulator of a softmax-weighted sum, in one pass: the largest score so far, the sum of exp(score - largest),
// and the sum of exp(score - largest) · weight · x. A tile is up to 8 channels of x.
// Milakov, Gimelshein: "Online normalizer calculation for softmax", arXiv 1805.02867.

struct State {
  largest: f32,
  sum: f32,
  x: mat2x4f,
}

/// Below every score; finite, because WGSL may assume that there are no infinities.
const LOWEST = -1e38;

fn accInit() -> State { return State(LOWEST, 0.0, mat2x4f()); }

fn accumulate(state: State, score: f32, weight: f32, x: mat2x4f) -> State {
  // One of the two exponentials is always 1.
  let other = exp(-abs(score - state.largest));
  if (score > state.largest) {
    return State(score, other * state.sum + 1.0, other * state.x + weight * x);
  }
  return State(state.largest, state.sum + other, state.x + other * weight * x);
}

fn accMerge(a: State, b: State) -> State {
  let largest = max(a.largest, b.largest);
  let ofA = exp(a.largest - largest);
  let ofB = exp(b.largest - largest);
  return State(largest, ofA * a.sum + ofB * b.sum, ofA * a.x + ofB * b.x);
}

/// Of nothing: zeros.
fn accFinish(state: State) -> mat2x4f {
  if (state.sum == 0.0) { return mat2x4f(); }
  return (1.0 / state.sum) * state.x;
}

fn accLogSumExp(state: State) -> f32 {
  if (state.sum == 0.0) { return LOWEST; }
  return state.largest + log(state.sum);
}
