// What Adam's moments are divided by, from the host, which has counted the steps.

fn correction() -> vec2f { return vec2f(p.correction1, p.correction2); }
