// A tie brings the share that its row has for each of them.

@group(0) @binding(7) var<storage, read> shares: array<vec4f>;

fn amount(at: u32) -> vec4f { return sharesAt(at); }
