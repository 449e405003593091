// The mergeable accumulator of a maximum: init / accumulate / merge / finish. Its state is the largest so far; without any, the
// result is 0.

/// The lowest finite number: WGSL has no literal of infinity.
const LOWEST = vec4f(-0x1.fffffep+127f);

fn accInit() -> vec4f { return LOWEST; }
fn accumulate(state: vec4f, weight: f32, x: vec4f) -> vec4f { return select(state, x, x > state); }
fn accMerge(a: vec4f, b: vec4f) -> vec4f { return select(a, b, b > a); }
fn accFinish(state: vec4f) -> vec4f { return select(state, vec4f(), state == LOWEST); }
