import type { PaintSheet } from '../nodePaint.ts';
import { brushOf, rgb } from '../raster.ts';
import { instanceArray, newProgram } from './program.ts';
import type { Frame } from './webglBody.ts';

/**
 * Discs, those that train with a ring, covering pixels as `discMask` of raster.ts has it. Quads and not points: a driver bounds the size
 * of those, and drops one whose middle is off the canvas.
 */
const VERTEX = `
layout(location = 0) in vec4 node;
layout(location = 1) in vec4 fill;
uniform vec3 view;
uniform vec2 size;
uniform float radius;
uniform float rim;
flat out vec2 middle;
flat out float disc;
flat out float outer;
flat out vec4 paint;
void main() {
  disc = node.z * radius;
  outer = node.w > 0.0 ? disc + rim : -1.0;
  paint = fill;
  float reach = max(disc, outer) + 1.0;
  vec2 place = node.xy * view.x + view.yz;
  middle = vec2(place.x, size.y - place.y);
  vec2 at = place + reach * vec2((gl_VertexID & 1) == 0 ? -1.0 : 1.0, gl_VertexID < 2 ? -1.0 : 1.0);
  gl_Position = vec4(vec2(2.0, -2.0) * at / size + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

const FRAGMENT = `
flat in vec2 middle;
flat in float disc;
flat in float outer;
flat in vec4 paint;
uniform vec3 ring;
out vec4 color;
void main() {
  // From the pixel itself: corners of a quad are rounded to a part of a pixel, and what lies between them with them.
  float distance = length(gl_FragCoord.xy - middle);
  float inside = paint.a * clamp(disc + 0.5 - distance, 0.0, 1.0);
  float around = distance <= disc - 0.5 ? 0.0 : paint.a * clamp(outer + 0.5 - distance, 0.0, 1.0);
  color = vec4(paint.rgb, 1.0) * inside + vec4(ring, 1.0) * around * (1.0 - inside);
}`;

/** x, y, times the usual radius, 1 where there is a ring; then the colour in four bytes. */
const STRIDE = 20;

export function discs(gl: WebGL2RenderingContext) {
  const { use, uniform } = newProgram(gl, VERTEX, FRAGMENT);
  const instances = instanceArray(gl);
  let count = 0;
  return {
    load({ looks, look, order }: PaintSheet, split: Uint8Array | null, positions: Float32Array) {
      count = order.length;
      const data = new ArrayBuffer(STRIDE * count);
      const numbers = new Float32Array(data);
      const bytes = new Uint8Array(data);
      const brushes = looks.map(({ color, alpha }) => brushOf(color, alpha));
      for (let i = 0; i < count; i++) {
        const v = order[i];
        const { color, alpha } = brushes[look[v]];
        const at = (STRIDE / 4) * i;
        numbers[at] = positions[2 * v];
        numbers[at + 1] = positions[2 * v + 1];
        numbers[at + 2] = looks[look[v]].scale;
        numbers[at + 3] = split && split[v] === 1 ? 1 : 0;
        const to = STRIDE * i + 16;
        bytes[to] = color[0];
        bytes[to + 1] = color[1];
        bytes[to + 2] = color[2];
        bytes[to + 3] = alpha;
      }
      const attributes = [
        { size: 4, bytes: false, offset: 0 },
        { size: 4, bytes: true, offset: 16 },
      ];
      instances.fill(data, attributes, STRIDE);
    },
    /** `radius` and `rim` in device pixels. */
    draw({ view, size }: Frame, radius: number, ring: string, rim: number) {
      use();
      instances.bind();
      gl.uniform3f(uniform('view'), view.scale, view.x, view.y);
      gl.uniform2f(uniform('size'), size.width, size.height);
      gl.uniform1f(uniform('radius'), radius);
      gl.uniform1f(uniform('rim'), rim);
      const [red, green, blue] = rgb(ring);
      gl.uniform3f(uniform('ring'), red / 255, green / 255, blue / 255);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
    },
  };
}
