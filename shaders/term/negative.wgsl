// min(x, 0) · y

fn term(x: vec4f, y: vec4f, row: u32, column4: u32) -> vec4f { return select(vec4f(), x * y, x < vec4f()); }
