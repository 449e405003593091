// The mergeable accumulator of a sum: init / accumulate / merge / finish. Its state is the running sum.

fn accInit() -> vec4f { return vec4f(); }
fn accumulate(state: vec4f, weight: f32, x: vec4f) -> vec4f { return state + weight * x; }
fn accMerge(a: vec4f, b: vec4f) -> vec4f { return a + b; }
fn accFinish(state: vec4f) -> vec4f { return state; }
