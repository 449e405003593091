/** A linked program and where its uniforms are. Throws where the driver refuses it, with the driver's words. */
export interface Program {
  /** Draws from now on. */
  use(): void;
  uniform(name: string): WebGLUniformLocation | null;
}

export function newProgram(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, `#version 300 es\nprecision highp float;\n${source}`);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`WebGL refuses a program: ${gl.getProgramInfoLog(program)}`);
  }
  const known = new Map<string, WebGLUniformLocation | null>();
  return {
    use: () => gl.useProgram(program),
    uniform(name) {
      if (!known.has(name)) known.set(name, gl.getUniformLocation(program, name));
      return known.get(name)!;
    },
  };
}

/** One buffer with what each instance has: attributes side by side, `stride` bytes from one instance to the next. */
export function instanceArray(gl: WebGL2RenderingContext) {
  const array = gl.createVertexArray();
  const buffer = gl.createBuffer();
  return {
    bind: () => gl.bindVertexArray(array),
    fill(data: ArrayBuffer, attributes: readonly { size: number; bytes: boolean; offset: number }[], stride: number) {
      gl.bindVertexArray(array);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
      for (const [index, { size, bytes, offset }] of attributes.entries()) {
        gl.enableVertexAttribArray(index);
        gl.vertexAttribPointer(index, size, bytes ? gl.UNSIGNED_BYTE : gl.FLOAT, bytes, stride, offset);
        gl.vertexAttribDivisor(index, 1);
      }
    },
  };
}
