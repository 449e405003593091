// What the state of a whole row becomes: its part of the output, and its log-sum-exp.

fn finish(state: State, place: Place) {
  put(place, p.targetStride, p.targetOffset, accFinish(state));
  if (place.first == 0u) {
    outLogSumExp[place.row * p.scoreStride + p.headFirst + place.head] = accLogSumExp(state);
  }
}
