import { ACTIVATIONS, CONVOLUTIONS, type Stacked } from './convolutions.ts';
import { type Body, convolve, drop, dropFeatures, moduleList, norm, slope } from './modules.ts';
import type { PygRun } from './source.ts';

/** As model/stack.ts: dropout → convolution → norm → activation, with neither of the last two after the last layer. */
export function stack(kind: Stacked, run: PygRun): Body {
  const { config } = run;
  const { 'model.layers': layers, 'model.jumpingKnowledge': jump, 'model.inputLayer': enters } = config;
  const act = ACTIVATIONS[config['model.activation']];
  const hidden = jump === 'none' ? layers - 1 : layers;
  const shapeOf = (i: number) => ({
    from: i === 0 && !enters ? 'FEATURES' : 'HIDDEN',
    to: i < hidden ? 'HIDDEN' : 'CLASSES',
    last: i >= hidden,
    config,
  });
  const item = kind === 'mlp' ? 'lin' : 'conv';
  const list = `${item}s`;
  const made = Array.from({ length: layers }, (_, i) => CONVOLUTIONS[kind](shapeOf(i)));
  const init = [
    ...slope(config),
    ...(enters ? ['self.lin_in = torch.nn.Linear(FEATURES, HIDDEN)'] : []),
    ...moduleList(`self.${list}`, made, layers),
    ...(norm(config) && hidden > 0
      ? moduleList(
          'self.norms',
          Array.from({ length: hidden }, () => norm(config)!),
          layers,
        )
      : []),
    ...(jump === 'none'
      ? []
      : [`self.lin = torch.nn.Linear(${jump === 'cat' ? 'LAYERS * HIDDEN' : 'HIDDEN'}, CLASSES)`]),
  ];

  const layer = (name: string, x: string) => (kind === 'mlp' ? `${name}(${x})` : convolve(name, x, run));
  const spared = !config['model.inputDropout'] && !enters && config['model.dropout'] > 0;
  const dropped = spared ? `x if ${item} is self.${list}[0] else ${drop('x', config)}` : drop('x', config);
  // What comes in is still needed where it is added to what comes out.
  const h = config['model.residual'] ? 'h' : 'x';
  const input = dropped === 'x' ? 'x' : h;
  const out = norm(config) ? `norm(${layer(item, input)})` : layer(item, input);
  const all = norm(config) ? `zip(self.${list}, self.norms)` : `self.${list}${hidden < layers ? '[:-1]' : ''}`;
  const collects = jump === 'cat' || jump === 'max';
  const loop = [
    `for ${norm(config) ? `${item}, norm` : item} in ${all}:`,
    ...(input === dropped ? [] : [`    ${h} = ${dropped}`]),
    `    ${h} = ${act(out)}`,
    ...(config['model.residual'] ? ['    x = x + h if x.shape == h.shape else h'] : []),
    ...(collects ? ['    xs.append(x)'] : []),
  ];
  const lastInput = spared && layers === 1 ? 'x' : drop('x', config);
  const last = layer(`self.${list}[-1]`, lastInput);
  const widths = { FEATURES: run.dataset.features, HIDDEN: config['model.hidden'] } as const;
  const from = widths[shapeOf(layers - 1).from as keyof typeof widths];
  const sum = config['model.residual'] && from === run.dataset.classes ? `x + ${last}` : last;
  const joined = { none: '', last: 'x', cat: 'torch.cat(xs, dim=1)', max: 'torch.stack(xs).amax(0)' }[jump];
  const forward = [
    ...(enters ? [`x = ${act(`self.lin_in(${dropFeatures(config)})`)}`] : []),
    ...(collects ? ['xs = []'] : []),
    ...(hidden > 0 ? loop : []),
    `return ${jump === 'none' ? sum : `self.lin(${drop(joined, config)})`}`,
  ];
  return { init, forward };
}
