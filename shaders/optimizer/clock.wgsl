// What Adam's moments are divided by, from the device: only there is known which steps were skipped.

/// (1 - beta1^t, 1 - beta2^t)
@group(0) @binding(2) var<storage, read> clock: array<vec4f>;

fn correction() -> vec2f { return clock[0].xy; }
