// Four vec4 of a row, `step` vec4 apart.

struct Quad {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

fn emptyQuad() -> Quad { return Quad(accInit(), accInit(), accInit(), accInit()); }

/// Past the end of a row it reads the next one: what comes of it is not stored.
fn addTo(quad: Quad, weight: f32, at: u32, step: u32) -> Quad {
  return Quad(
    accumulate(quad.a, weight, xAt(at)),
    accumulate(quad.b, weight, xAt(at + step)),
    accumulate(quad.c, weight, xAt(at + 2u * step)),
    accumulate(quad.d, weight, xAt(at + 3u * step)),
  );
}

fn finishedQuad(quad: Quad) -> Quad {
  return Quad(accFinish(quad.a), accFinish(quad.b), accFinish(quad.c), accFinish(quad.d));
}

fn putQuad(row: u32, first4: u32, step: u32, quad: Quad) {
  if (first4 < p.width4) { putOut(row + first4, quad.a); }
  if (first4 + step < p.width4) { putOut(row + first4 + step, quad.b); }
  if (first4 + 2u * step < p.width4) { putOut(row + first4 + 2u * step, quad.c); }
  if (first4 + 3u * step < p.width4) { putOut(row + first4 + 3u * step, quad.d); }
}
