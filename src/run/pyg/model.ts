import type { Config } from '../../config/schema.ts';
import { ACTIVATIONS, CONVOLUTIONS, given, NORMS, type Stacked } from './convolutions.ts';
import { forwardParameters, type PygRun, samples } from './source.ts';

/** Python lines of `class Net`, with PyTorch Geometric's own layers: the counterparts of src/model. */

/** What stands in __init__ and in forward(self, x, …), without indentation. */
interface Body {
  readonly init: readonly string[];
  readonly forward: readonly string[];
}

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

const method = (name: string, parameters: string, body: readonly string[]) => [
  `    def ${name}(${['self', parameters].filter(Boolean).join(', ')}):`,
  ...body.map((line) => `        ${line}`),
];

const edges = (run: PygRun) => forwardParameters(run).replace(/^x(, )?/, '');
const convolve = (layer: string, x: string, run: PygRun) => `${layer}(${[x, edges(run)].filter(Boolean).join(', ')})`;

const drop = (x: string, config: Config) =>
  config['model.dropout'] > 0 ? `F.dropout(${x}, DROPOUT, self.training)` : x;

/** The features themselves may be spared. */
const dropFeatures = (config: Config) => (config['model.inputDropout'] ? drop('x', config) : 'x');

/** One slope for the whole model. */
const slope = (config: Config) => (config['model.activation'] === 'prelu' ? ['self.act = torch.nn.PReLU()'] : []);

const norm = (config: Config): string | null => (config['model.norm'] === 'none' ? null : NORMS[config['model.norm']]);

/** Lines that set `name` to a list of modules; equal ones that follow each other are counted by LAYERS. */
function moduleList(name: string, modules: readonly string[], layers: number): string[] {
  const runs: { module: string; count: number }[] = [];
  for (const module of modules) {
    const last = runs.at(-1);
    if (last?.module === module) last.count++;
    else runs.push({ module, count: 1 });
  }
  const repeated = ({ module, count }: { module: string; count: number }) =>
    `${module} for _ in range(${count === layers ? 'LAYERS' : `LAYERS - ${layers - count}`})`;
  if (runs.length === 1 && runs[0].count > 1) return [`${name} = torch.nn.ModuleList(${repeated(runs[0])})`];
  const lines = runs.map((run) => `    ${run.count === 1 ? run.module : `*(${repeated(run)})`},`);
  return [`${name} = torch.nn.ModuleList([`, ...lines, '])'];
}

/** As model/stack.ts: dropout → convolution → norm → activation, with neither of the last two after the last layer. */
function stack(kind: Stacked, run: PygRun): Body {
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
  const list = kind === 'mlp' ? 'lins' : 'convs';
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
  const dropped = spared ? `x if conv is self.${list}[0] else ${drop('x', config)}` : drop('x', config);
  // What comes in is still needed where it is added to what comes out.
  const h = config['model.residual'] ? 'h' : 'x';
  const input = dropped === 'x' ? 'x' : h;
  const out = norm(config) ? `norm(${layer('conv', input)})` : layer('conv', input);
  const all = norm(config) ? `zip(self.${list}, self.norms)` : `self.${list}${hidden < layers ? '[:-1]' : ''}`;
  const collects = jump === 'cat' || jump === 'max';
  const loop = [
    `for ${norm(config) ? 'conv, norm' : 'conv'} in ${all}:`,
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
        `self.convs = torch.nn.ModuleList(GCN2Conv(HIDDEN, ALPHA, THETA, layer=i + 1${given(config)}) for i in range(LAYERS))`,
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

/** As model/residualBlocks.ts: blocks between an input layer and an output layer with a norm in front. */
function blocks(kind: Stacked, run: PygRun): Body {
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

function blockClass(kind: Stacked, run: PygRun): string[] {
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
