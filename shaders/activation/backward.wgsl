// `kept` is the output of the forward pass where that suffices, else its input.

fn apply(upstream: vec4f, kept: vec4f) -> vec4f { return activateGrad(upstream, kept); }
