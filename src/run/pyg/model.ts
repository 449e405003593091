import type { Config } from '../../config/schema.ts';
import { ACTIVATIONS, CONVOLUTIONS, given, type Stacked } from './convolutions.ts';
import { type Body, convolve, drop, dropFeatures, method, norm, slope } from './modules.ts';
import { blockClass, blocks } from './residualBlocks.ts';
import { forwardParameters, type PygRun, samples } from './source.ts';
import { stack } from './stack.ts';

/** Python lines of `class Net`, with PyTorch Geometric's own layers: the counterparts of src/model. */

export function modelBlocks(run: PygRun): string[][] {
  const { config } = run;
  const kind = config['model.kind'];
  const residual = config['model.block'] === 'residual' && kind in CONVOLUTIONS;
  const { init, forward } = residual ? blocks(kind as Stacked, run) : KINDS[kind](run);
  const net = [
    'class Net(torch.nn.Module):',
    ...method('__init__', '', ['super().__init__()', ...init]),
    '',
    ...method('forward', forwardParameters(run), forward),
  ];
  return residual ? [blockClass(kind as Stacked, run), net] : [net];
}

const stacked = (kind: Stacked) => (run: PygRun) => stack(kind, run);

const KINDS: Readonly<Record<Config['model.kind'], (run: PygRun) => Body>> = {
  gcn: stacked('gcn'),
  sage: stacked('sage'),
  gin: stacked('gin'),
  gat: stacked('gat'),
  gatv2: stacked('gatv2'),
  mlp: stacked('mlp'),
  appnp(run) {
    const { init, forward } = stack('mlp', run);
    const logits = forward.at(-1)!.replace('return ', '');
    return {
      init: [...init, `self.prop = APPNP(STEPS, ALPHA${given(run.config)})`],
      forward: [...forward.slice(0, -1), `return ${convolve('self.prop', logits, run)}`],
    };
  },
  sgc(run) {
    const x = dropFeatures(run.config);
    if (!samples(run.config)) {
      return {
        init: ['self.conv = SGConv(FEATURES, CLASSES, STEPS)'],
        forward: [`return ${convolve('self.conv', x, run)}`],
      };
    }
    // SGConv always makes its matrix itself; K steps of APPNP without a teleport are the same product.
    return {
      init: ['self.lin = torch.nn.Linear(FEATURES, CLASSES)', 'self.prop = APPNP(STEPS, 0.0, normalize=False)'],
      forward: [`return self.lin(${convolve('self.prop', x, run)})`],
    };
  },
  gcn2(run) {
    const { config } = run;
    const act = ACTIVATIONS[config['model.activation']];
    const normed = norm(config);
    const layer = convolve('conv', `${drop('x', config)}, x_0`, run);
    return {
      init: [
        ...slope(config),
        'self.lins = torch.nn.ModuleList([torch.nn.Linear(FEATURES, HIDDEN), torch.nn.Linear(HIDDEN, CLASSES)])',
        'self.convs = torch.nn.ModuleList(',
        `    GCN2Conv(HIDDEN, ALPHA, THETA, layer=i + 1${given(config)}) for i in range(LAYERS)`,
        ')',
        ...(normed ? [`self.norms = torch.nn.ModuleList(${normed} for _ in range(LAYERS))`] : []),
      ],
      forward: [
        `x = x_0 = ${act(`self.lins[0](${dropFeatures(config)})`)}`,
        normed ? 'for conv, norm in zip(self.convs, self.norms):' : 'for conv in self.convs:',
        `    x = ${act(normed ? `norm(${layer})` : layer)}`,
        `return self.lins[1](${drop('x', config)})`,
      ],
    };
  },
};
