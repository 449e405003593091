import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { COMMANDS, parseInvocation } from './args.ts';

describe('parseInvocation', () => {
  it('takes the options of a run apart', () => {
    const text =
      'train --data cora --set a=1 --set=b=2 --seed 7 --split=3 --backend cpu --no-fit --json --out folder --preset gcn';
    expect(parseInvocation(text.split(' '))).toMatchObject({
      command: 'train',
      help: false,
      data: 'cora',
      set: ['a=1', 'b=2'],
      seed: '7',
      split: '3',
      backend: 'cpu',
      fit: false,
      json: true,
      out: 'folder',
      preset: 'gcn',
    });
  });

  it('has defaults', () => {
    expect(parseInvocation(['forecast'])).toMatchObject({ set: [], backend: 'auto', fit: true, json: false });
    expect(parseInvocation(['train', '--profile', 'x'])).toMatchObject({ profile: 'x', profileEpochs: 3 });
    expect(parseInvocation(['plan']).all).toBe(false);
  });

  it('takes the options of a trace and of a plan', () => {
    const traced = parseInvocation(['train', '--profile', 'x', '--profile-epochs', '12']);
    expect(traced).toMatchObject({ profile: 'x', profileEpochs: 12 });
    expect(parseInvocation(['plan', '--all']).all).toBe(true);
  });

  it('hands negative values on to whoever judges them', () => {
    expect(parseInvocation(['train', '--seed', '-1']).seed).toBe('-1');
  });

  it.each(COMMANDS)('%s --help asks for nothing else', (command) => {
    expect(parseInvocation([command, '--help'])).toMatchObject({ command, help: true });
    expect(parseInvocation([command, '-h']).help).toBe(true);
  });

  it.each([
    [[], 'give a command'],
    [['trian'], 'unknown command "trian": did you mean train?'],
    [['constructor'], 'unknown command "constructor"'],
    [['train', '--sed', '1'], 'train: unknown option "--sed"'],
    [['train', '--__proto__'], 'train: unknown option "--__proto__"'],
    [['inspect', 'x', '--seed', '1'], 'inspect: unknown option "--seed"'],
    [['train', '--seed'], '--seed: give a value'],
    [['train', '--data='], '--data: give a value'],
    [['train', '--json=yes'], '--json: takes no value'],
    [['train', 'cora'], 'train: "cora" is one argument too many; options begin with --'],
    [['train', '--backend', 'cuda'], '--backend cannot be "cuda": it must be one of auto, webgpu, cpu'],
    [['train', '--profile-epochs', '2'], '--profile-epochs: name the file of the trace with --profile FILE'],
    ...(['0', '-1', '1.5', 'x', '1e99'].map((text) => [
      ['train', '--profile', 'x', '--profile-epochs', text],
      `--profile-epochs cannot be "${text}": it must be an integer from 1`,
    ]) as [string[], string][]),
    [['forecast', '--profile', 'x'], 'forecast: unknown option "--profile"'],
    [['forecast', '--all'], 'forecast: unknown option "--all"'],
    [['predict'], 'predict: name the folder'],
    [['inspect', 'a', 'b'], 'inspect: "b" is one argument too many'],
  ])('refuses %j', (argv, said) => {
    expect(() => parseInvocation(argv)).toThrow(InputError);
    expect(() => parseInvocation(argv)).toThrow(said);
  });
});
