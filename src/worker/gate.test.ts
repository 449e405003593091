import { describe, expect, test } from 'vitest';
import { newGate } from './gate.ts';

/** Runs epochs of three steps through a gate and tells how far they came. */
function run(paused: boolean) {
  const told: boolean[] = [];
  const gate = newGate(paused, (value) => told.push(value));
  const at: string[] = [];
  const ended = (async () => {
    for (let epoch = 1; epoch <= 5; epoch++) {
      await gate.ready('epoch');
      if (gate.stopping()) return;
      for (let step = 1; step <= 3; step++) {
        await gate.ready('step');
        if (gate.stopping()) return;
        at.push(`${epoch}.${step}`);
        // As a step does: other tasks get their turn.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  })();
  const settle = () => new Promise((resolve) => setTimeout(resolve, 40));
  return { gate, at, told, ended, settle };
}

describe('a gate', () => {
  test('lets a run that nobody holds up pass, and says nothing', async () => {
    const { at, told, ended } = run(false);
    await ended;
    expect(at).toHaveLength(15);
    expect(told).toEqual([]);
  });

  test('holds a run before its first epoch; each step is one epoch', async () => {
    const { gate, at, told, settle, ended } = run(true);
    await settle();
    expect(at).toEqual([]);
    gate.command('step');
    await settle();
    expect(at).toEqual(['1.1', '1.2', '1.3']);
    gate.command('step');
    await settle();
    expect(at.at(-1)).toBe('2.3');
    expect(told).toEqual([true, false, true, false, true]);
    gate.command('play');
    await ended;
    expect(at).toHaveLength(15);
  });

  test('pauses within an epoch; a step then finishes the epoch', async () => {
    const { gate, at, settle, ended } = run(false);
    await Promise.resolve();
    gate.command('pause');
    await settle();
    expect(at).toEqual(['1.1']);
    gate.command('step');
    await settle();
    expect(at.at(-1)).toBe('1.3');
    gate.command('play');
    await ended;
  });

  test('a step given while it plays pauses after the epoch', async () => {
    const { gate, at, settle, ended } = run(false);
    gate.command('step');
    await settle();
    expect(at.at(-1)).toBe('1.3');
    gate.command('stop');
    await ended;
    expect(at.at(-1)).toBe('1.3');
  });

  test('a new plan or device between two epochs asks for the epoch again and uses up no step', async () => {
    const gate = newGate(true, () => {});
    gate.command('step');
    await gate.ready('epoch');
    await gate.ready('epoch');
    await gate.ready('step');
    let next = false;
    const asked = Promise.resolve(gate.ready('epoch')).then(() => {
      next = true;
    });
    await new Promise((resolve) => setTimeout(resolve));
    expect(next).toBe(false);
    gate.command('step');
    await asked;
  });

  test('a pause takes back a step that has not begun', async () => {
    const gate = newGate(true, () => {});
    gate.command('step');
    await gate.ready('epoch');
    gate.command('pause');
    let next = false;
    const asked = Promise.resolve(gate.ready('epoch')).then(() => {
      next = true;
    });
    await new Promise((resolve) => setTimeout(resolve));
    expect(next).toBe(false);
    gate.command('play');
    await asked;
  });

  test('a step before the run came to the gate is its first epoch', async () => {
    const told: boolean[] = [];
    const gate = newGate(true, (value) => told.push(value));
    gate.command('step');
    await gate.ready('epoch');
    await gate.ready('step');
    expect(told).toEqual([]);
  });
});
