import { describe, expect, test } from 'vitest';
import { addDisc, addLine, brushOf, discMask, newRaster, prime, type Raster, rgb } from './raster.ts';

const pixel = ({ bytes, width }: Raster, x: number, y: number) => [
  ...bytes.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
];
const opacity = ({ bytes }: Raster) => bytes.reduce((sum, byte, i) => sum + (i % 4 === 3 ? byte : 0), 0) / 255;

describe('discs', () => {
  test.each([
    [1.2, 10, 10],
    [3, 10.4, 9.7],
    [6.5, 9.99, 10.01],
  ])('of radius %f cover their area', (radius, x, y) => {
    const raster = newRaster(20, 20);
    addDisc(raster, discMask(radius), x, y, brushOf('#4477aa', 1));
    expect(opacity(raster) / (Math.PI * radius * radius)).toBeCloseTo(1, 1);
    expect(pixel(raster, 10, 10).slice(0, 3)).toEqual([0x44, 0x77, 0xaa]);
    expect(pixel(raster, 0, 0)).toEqual([0, 0, 0, 0]);
  });

  test('are where they should be: the middle of the opacity is the middle of the disc', () => {
    const raster = newRaster(20, 20);
    addDisc(raster, discMask(2.5), 7.3, 12.8, brushOf('#000000', 1));
    let [sum, sx, sy] = [0, 0, 0];
    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 20; x++) {
        const alpha = pixel(raster, x, y)[3];
        [sum, sx, sy] = [sum + alpha, sx + alpha * (x + 0.5), sy + alpha * (y + 0.5)];
      }
    }
    expect(Math.abs(sx / sum - 7.3)).toBeLessThan(0.15);
    expect(Math.abs(sy / sum - 12.8)).toBeLessThan(0.15);
  });

  test('half of one over another is half of each colour, and stays opaque', () => {
    const raster = newRaster(9, 9);
    addDisc(raster, discMask(4), 4.5, 4.5, brushOf('#ff0000', 1));
    addDisc(raster, discMask(2), 4.5, 4.5, brushOf('#0000ff', 0.5));
    const [red, green, blue, alpha] = pixel(raster, 4, 4);
    expect([green, alpha]).toEqual([0, 255]);
    expect(Math.abs(red - 127)).toBeLessThan(3);
    expect(Math.abs(blue - 128)).toBeLessThan(3);
  });

  test('a rim and the disc within it are the larger disc', () => {
    const [both, large] = [newRaster(20, 20), newRaster(20, 20)];
    addDisc(both, discMask(5, 3.5), 9.6, 10.2, brushOf('#000000', 1));
    expect(pixel(both, 9, 10)[3]).toBe(0);
    addDisc(both, discMask(3.5), 9.6, 10.2, brushOf('#000000', 1));
    addDisc(large, discMask(5), 9.6, 10.2, brushOf('#000000', 1));
    expect(both.bytes).toEqual(large.bytes);
  });

  test('half outside, or wholly, write nothing beyond the edge', () => {
    const raster = newRaster(8, 8);
    for (const [x, y] of [
      [0, 4],
      [8, 4],
      [4, -1],
      [4, 9],
      [-50, 4],
      [4, 1e6],
    ]) {
      addDisc(raster, discMask(2), x, y, brushOf('#ffffff', 1));
    }
    expect(pixel(raster, 0, 4)[3]).toBe(255);
    expect(pixel(raster, 7, 4)[3]).toBe(255);
    expect(pixel(raster, 4, 4)[3]).toBe(0);
    // Nothing wrapped round to the other end of a neighbouring row.
    expect(opacity(raster)).toBeLessThan(4 * Math.PI * 2);
  });
});

describe('lines', () => {
  const primed = () => {
    const raster = newRaster(40, 30);
    prime(raster, [1, 2, 3]);
    return raster;
  };

  test.each([
    [5, 10, 35, 10],
    [5, 5, 30, 25],
    [20, 2, 20, 28],
    [30, 25, 5, 5],
  ])('from (%f, %f) to (%f, %f) are one pixel wide and of the asked opacity', (x0, y0, x1, y1) => {
    const raster = primed();
    addLine(raster, x0, y0, x1, y1, 0.5);
    const length = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
    expect(opacity(raster) / (0.5 * length)).toBeCloseTo(1, 1);
    expect(pixel(raster, 20, 15).slice(0, 3)).toEqual([1, 2, 3]);
  });

  test('are the same from either end', () => {
    const [there, back] = [primed(), primed()];
    addLine(there, 3.2, 4.7, 33.1, 21.9, 0.3);
    addLine(back, 33.1, 21.9, 3.2, 4.7, 0.3);
    expect(there.bytes).toEqual(back.bytes);
  });

  test('add up where they cross, up to what lets nodes be seen', () => {
    const raster = primed();
    addLine(raster, 5, 15.5, 35, 15.5, 0.4);
    const once = pixel(raster, 20, 15)[3];
    addLine(raster, 20.5, 5, 20.5, 25, 0.4);
    expect(pixel(raster, 20, 15)[3]).toBeGreaterThan(once);
    for (let k = 0; k < 50; k++) addLine(raster, 5, 15.5, 35, 15.5, 0.4);
    expect(pixel(raster, 10, 15)[3]).toBeGreaterThan(140);
    expect(pixel(raster, 10, 15)[3]).toBeLessThan(160);
  });

  test('far longer than the canvas are clipped to it', () => {
    const [long, short] = [primed(), primed()];
    addLine(long, -1e6, -1e6 + 5, 1e6, 1e6 + 5, 0.5);
    addLine(short, -100, -95, 100, 105, 0.5);
    expect(opacity(long)).toBeCloseTo(opacity(short), 1);
    const outside = primed();
    addLine(outside, -10, -5, 50, -5, 0.5);
    addLine(outside, -10, 90, -5, -90, 0.5);
    addLine(outside, 45, 40, 80, 10, 0.5);
    expect(opacity(outside)).toBe(0);
  });
});

test('colours are read', () => {
  expect(rgb('#4477aa')).toEqual([0x44, 0x77, 0xaa]);
});
