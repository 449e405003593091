import type { Config } from '../../config/schema.ts';
import type { PygRun } from './source.ts';

/** Python lines that make the optimiser and the schedule of its rate. */

const RULES: Readonly<Record<Config['training.optimizer'], string>> = { adam: 'Adam', adamw: 'AdamW', sgd: 'SGD' };

/** The schedules of train/schedule.ts, by the classes whose factors those are. */
const SCHEDULES: Readonly<Record<Config['training.schedule'], string | null>> = {
  constant: null,
  step: 'StepLR(optimizer, STEP_SIZE, GAMMA)',
  cosine: 'CosineAnnealingLR(optimizer, max(1, EPOCHS - WARMUP))',
};

/** `model`, `optimizer` and, where the rate does not stay, `scheduler`; before them what tells how much a parameter decays. */
export function optimizerBlocks({ config }: PygRun): string[][] {
  const { 'training.decayOn': on, 'training.weightDecay': decay, 'training.optimizer': rule } = config;
  const alike = on === 'all' || (on === 'first' && decay === 0);
  const options = [
    alike ? 'model.parameters()' : 'groups',
    'lr=LR',
    // AdamW decays by itself where nothing is said.
    ...(alike && (decay > 0 || rule === 'adamw') ? ['weight_decay=WEIGHT_DECAY'] : []),
    ...(rule === 'sgd' ? ['momentum=MOMENTUM'] : []),
  ];
  const made = [
    'model = Net().to(device)',
    ...(alike
      ? []
      : ["groups = [{'params': [p], 'weight_decay': decay_of(name)} for name, p in model.named_parameters()]"]),
    `optimizer = torch.optim.${RULES[rule]}(${options.join(', ')})`,
    ...schedulerLines(config),
  ];
  return alike ? [made] : [on === 'split' ? SPLIT_DECAY : firstDecay(config), made];
}

export function movesRate(config: Config): boolean {
  return config['training.schedule'] !== 'constant' || config['training.warmup'] > 0;
}

function schedulerLines(config: Config): string[] {
  if (!movesRate(config)) return [];
  const then = SCHEDULES[config['training.schedule']];
  if (config['training.warmup'] === 0) return [`scheduler = ${then!.replace('max(1, EPOCHS - WARMUP)', 'EPOCHS')}`];
  const rise = 'rise = LinearLR(optimizer, start_factor=1 / (WARMUP + 1), total_iters=WARMUP)';
  if (!then) return [rise.replace('rise', 'scheduler')];
  return [rise, `fall = ${then}`, 'scheduler = SequentialLR(optimizer, [rise, fall], milestones=[WARMUP])'];
}

const SPLIT_DECAY = [
  'def decay_of(name):',
  '    """Convolutions and linear layers each have their own, norms and activations none."""',
  "    if 'norm' in name or name.startswith('act'):",
  '        return 0',
  "    return WEIGHT_DECAY if 'conv' in name else WEIGHT_DECAY_LINEAR",
];

function firstDecay(config: Config): string[] {
  const names = firstLayer(config).map((name) => `'${name}'`);
  return [
    'def decay_of(name):',
    '    """Only the first layer decays."""',
    `    return WEIGHT_DECAY if name.startswith(${names.length === 1 ? names[0] : `(${names.join(', ')})`}) else 0`,
  ];
}

/** How the names of the parameters of layer 0 begin: what a model declares before its second layer (model/parameters.ts). */
function firstLayer(config: Config): string[] {
  const { 'model.kind': kind, 'model.layers': layers, 'model.jumpingKnowledge': jump } = config;
  const act = config['model.activation'] === 'prelu' ? ['act.'] : [];
  const norm = config['model.norm'] === 'none' ? [] : ['norms.0.'];
  if (kind === 'sgc') return ['conv.', 'lin.'];
  if (kind === 'gcn2') return ['lins.0.', 'convs.0.', ...norm, ...act, ...(layers === 1 ? ['lins.1.'] : [])];
  if (config['model.block'] === 'residual' && kind !== 'appnp') {
    return ['lin_in.', 'blocks.0.', ...act, ...(layers === 1 ? ['norm.', 'lin_out.'] : [])];
  }
  return [
    kind === 'mlp' || kind === 'appnp' ? 'lins.0.' : 'convs.0.',
    ...(config['model.inputLayer'] ? ['lin_in.'] : []),
    ...norm,
    ...act,
    ...(jump !== 'none' && layers === 1 ? ['lin.'] : []),
  ];
}
