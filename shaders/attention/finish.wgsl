// What the state of a whole row becomes: its part of the output, and its log-sum-exp.

fn finish(state: State, place: Place) {
  let tile = accFinish(state);
  let rowAt = place.row * p.targetStride;
  let at = rowAt + p.targetOffset + place.head * p.channels + place.first;
  for (var c = 0u; c < place.count; c++) { out[at + c] = tile[c / 4u][c % 4u]; }
  if (place.first == 0u) {
    outLogSumExp[place.row * p.scoreStride + p.headFirst + place.head] = accLogSumExp(state);
  }
  let end = p.targetOffset + p.heads * p.channels;
  if (isLast(place) && p.targetStride - end < 4u) {
    for (var c = end; c < p.targetStride; c++) { out[rowAt + c] = 0.0; }
  }
}
