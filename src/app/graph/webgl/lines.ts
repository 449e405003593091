import { MOST_OPAQUE } from '../raster.ts';
import { instanceArray, newProgram } from './program.ts';
import type { Frame } from './webglBody.ts';

/**
 * Hairlines as `addLine` of raster.ts draws them: a parallelogram two pixels wide across the longer axis, whose ends are cut along the
 * other one, so that it covers the middles of the same pixels, and each has the share that Wu's algorithm gives it.
 */
const VERTEX = `
layout(location = 0) in vec4 ends;
uniform vec3 view;
uniform vec2 size;
out float aside;
void main() {
  vec2 from = ends.xy * view.x + view.yz;
  vec2 to = ends.zw * view.x + view.yz;
  bool steep = abs(to.y - from.y) > abs(to.x - from.x);
  aside = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
  vec2 at = (gl_VertexID < 2 ? from : to) + (steep ? vec2(aside, 0.0) : vec2(0.0, aside));
  gl_Position = vec4(vec2(2.0, -2.0) * at / size + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

/** Alpha is the share of what is left up to the most that lines add up to: see the blending below. */
const FRAGMENT = `
in float aside;
uniform vec3 ink;
uniform float alpha;
uniform float most;
out vec4 color;
void main() {
  float opacity = alpha * (1.0 - abs(aside));
  color = vec4(ink * opacity, opacity / most);
}`;

const MOST = MOST_OPAQUE / 255;

export function lines(gl: WebGL2RenderingContext) {
  const { use, uniform } = newProgram(gl, VERTEX, FRAGMENT);
  const instances = instanceArray(gl);
  let count = 0;
  return {
    load(edges: Uint32Array, positions: Float32Array) {
      count = edges.length / 2;
      const ends = new Float32Array(4 * count);
      for (let i = 0; i < edges.length; i++) {
        ends[2 * i] = positions[2 * edges[i]];
        ends[2 * i + 1] = positions[2 * edges[i] + 1];
      }
      instances.fill(ends.buffer, [{ size: 4, bytes: false, offset: 0 }], 16);
    },
    draw({ view, size }: Frame, ink: readonly [number, number, number], alpha: number) {
      use();
      instances.bind();
      gl.uniform3f(uniform('view'), view.scale, view.x, view.y);
      gl.uniform2f(uniform('size'), size.width, size.height);
      gl.uniform3f(uniform('ink'), ink[0] / 255, ink[1] / 255, ink[2] / 255);
      gl.uniform1f(uniform('alpha'), alpha);
      gl.uniform1f(uniform('most'), MOST);
      // opacity += line × (1 − opacity / most), and the colour, which is multiplied with its opacity, alike.
      gl.blendColor(0, 0, 0, MOST);
      gl.blendFuncSeparate(gl.ONE, gl.ONE_MINUS_SRC_ALPHA, gl.CONSTANT_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
    },
  };
}
