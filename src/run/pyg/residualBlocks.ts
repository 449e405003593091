import type { Config } from '../../config/schema.ts';
import { ACTIVATIONS, CONVOLUTIONS, given, type Stacked } from './convolutions.ts';
import { type Body, convolve, drop, dropFeatures, method, moduleList, norm, slope } from './modules.ts';
import { forwardParameters, type PygRun } from './source.ts';

/** As model/residualBlocks.ts: blocks between an input layer and an output layer with a norm in front. */
export function blocks(kind: Stacked, run: PygRun): Body {
  const { config } = run;
  const act = ACTIVATIONS[config['model.activation']];
  const normed = norm(config);
  const block = config['model.activation'] === 'prelu' ? 'Block(self.act)' : 'Block()';
  return {
    init: [
      ...slope(config),
      'self.lin_in = torch.nn.Linear(FEATURES, HIDDEN)',
      ...moduleList(
        'self.blocks',
        Array.from({ length: config['model.layers'] }, () => block),
        config['model.layers'],
      ),
      ...(normed ? [`self.norm = ${normed}`] : []),
      'self.lin_out = torch.nn.Linear(HIDDEN, CLASSES)',
    ],
    forward: [
      `x = ${act(`self.lin_in(${dropFeatures(config)})`)}`,
      'for block in self.blocks:',
      `    x = ${kind === 'mlp' ? 'block(x)' : convolve('block', 'x', run)}`,
      `return self.lin_out(${normed ? 'self.norm(x)' : 'x'})`,
    ],
  };
}

/** `class Block`. */
export function blockClass(kind: Stacked, run: PygRun): string[] {
  const { config } = run;
  const prelu = config['model.activation'] === 'prelu';
  const act = ACTIVATIONS[config['model.activation']];
  const normed = norm(config);
  const gather = gathering(kind, config);
  const x = normed ? 'self.norm(x)' : 'x';
  const init = [
    'super().__init__()',
    ...(prelu ? ['self.act = act'] : []),
    ...(normed ? [`self.norm = ${normed}`] : []),
    ...(gather ? [`self.conv = ${gather}`] : []),
    `self.lin1 = torch.nn.Linear(${kind === 'sage' ? '2 * HIDDEN' : 'HIDDEN'}, HIDDEN)`,
    'self.lin2 = torch.nn.Linear(HIDDEN, HIDDEN)',
  ];
  const forward = [
    `h = self.lin1(${gather ? convolve('self.conv', x, run) : x})`,
    `h = self.lin2(${act(drop('h', config))})`,
    `return x + ${drop('h', config)}`,
  ];
  return [
    'class Block(torch.nn.Module):',
    '    """x + MLP(convolution(norm(x))), as in the heterophilous benchmark (Platonov et al., ICLR 2023)."""',
    '',
    ...method('__init__', prelu ? 'act' : '', init),
    '',
    ...method('forward', forwardParameters(run), forward),
  ];
}

/** What a block takes from the neighbours; a GCN and GraphSAGE have no weights of their own there. */
function gathering(kind: Stacked, config: Config): string | null {
  if (kind === 'mlp') return null;
  if (kind === 'gcn') return `APPNP(1, 0.0${given(config)})  # one product with D^-1/2 (A + I) D^-1/2`;
  if (kind === 'sage') return `SimpleConv(aggr='${config['model.aggregation']}', combine_root='cat')`;
  return CONVOLUTIONS[kind]({ from: 'HIDDEN', to: 'HIDDEN', last: false, config });
}
