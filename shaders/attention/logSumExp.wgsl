// The log-sum-exp of a row and head, a number per head. It stays in f32: coefficients are exponentials of its difference to a score.

fn putLogSumExp(row: u32, head: u32, state: State) {
  outLogSumExp[row * p.scoreStride + p.headFirst + head] = accLogSumExp(state);
}
