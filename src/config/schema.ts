/**
 * Every hyperparameter, once. From this table come the type of a configuration, the validation of whatever arrives from
 * outside, the command line's `--set`, the page's controls and the reference in the README. A new hyperparameter is one
 * entry here. (TensorFlow Playground's `State.PROPS` is the ancestor of the idea.)
 *
 * A configuration is one flat object; its keys are dotted, `group.name`.
 */

export type Group = 'model' | 'data' | 'task' | 'training' | 'sampling' | 'evaluation' | 'memory';

interface Common {
  readonly group: Group;
  /** One line, a full sentence without jargon where the field has a plain word. */
  readonly help: string;
  /** What the number counts; `bytes` also accepts suffixes in text (512MB, 2GiB). */
  readonly unit?: 'bytes' | 'nodes' | 'epochs' | 'neighbours';
  /** May change while training runs; everything else takes effect with the next run. */
  readonly live: boolean;
  /** Kinds of model that read it; all of them where it is left out. */
  readonly kinds?: readonly string[];
  /** Among the few controls that a form shows at first. */
  readonly shown: boolean;
}

interface Ranged extends Common {
  readonly min: number;
  readonly max: number;
}

export interface NumberEntry extends Ranged {
  readonly type: 'integer' | 'number';
  readonly default: number;
}

export interface BooleanEntry extends Common {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface EnumEntry extends Common {
  readonly type: 'enum';
  readonly values: readonly string[];
  readonly default: string;
}

/** A list of 1 to `maxLength` integers, each from min to max. */
export interface IntegersEntry extends Ranged {
  readonly type: 'integers';
  readonly default: readonly number[];
  readonly maxLength: number;
}

export type Entry = NumberEntry | BooleanEntry | EnumEntry | IntegersEntry;

const MIB = 2 ** 20;
const TIB = 2 ** 40;

const STACKED = ['gcn', 'sage', 'gin', 'gat', 'gatv2', 'mlp'];
const LAYERED = [...STACKED, 'appnp', 'gcn2'];
const ATTENTION = ['gat', 'gatv2'];

export const SCHEMA = {
  'model.kind': {
    type: 'enum',
    values: ['gcn', 'sage', 'gin', 'gat', 'gatv2', 'appnp', 'sgc', 'gcn2', 'mlp'],
    default: 'gcn',
    group: 'model',
    live: false,
    shown: true,
    help: 'Kind of graph neural network, or a perceptron without the graph (mlp): the difference is what the graph is worth.',
  },
  'model.layers': {
    type: 'integer',
    default: 2,
    min: 1,
    max: 64,
    kinds: LAYERED,
    group: 'model',
    live: false,
    shown: true,
    help: 'Number of layers; with convolutions, a node sees neighbours this many hops away.',
  },
  'model.hidden': {
    type: 'integer',
    default: 16,
    min: 1,
    max: 16384,
    kinds: LAYERED,
    group: 'model',
    live: false,
    shown: true,
    help: 'Width of the hidden layers.',
  },
  'model.dropout': {
    type: 'number',
    default: 0.5,
    min: 0,
    max: 0.99,
    group: 'model',
    live: true,
    shown: true,
    help: 'Share of the inputs of each layer that is zeroed at random in training.',
  },
  'model.inputDropout': {
    type: 'boolean',
    default: true,
    group: 'model',
    live: false,
    shown: false,
    help: 'Apply the dropout to the features too, not only between layers.',
  },
  'model.activation': {
    type: 'enum',
    values: ['relu', 'elu', 'leakyRelu', 'prelu', 'gelu'],
    default: 'relu',
    kinds: LAYERED,
    group: 'model',
    live: false,
    shown: false,
    help: 'Function between the layers.',
  },
  'model.norm': {
    type: 'enum',
    values: ['none', 'batch', 'layer'],
    default: 'none',
    kinds: LAYERED,
    group: 'model',
    live: false,
    shown: false,
    help: 'Normalisation after each layer but the last: over the nodes of the batch, or over the features of each node.',
  },
  'model.block': {
    type: 'enum',
    values: ['plain', 'residual'],
    default: 'plain',
    kinds: STACKED,
    group: 'model',
    live: false,
    shown: false,
    help: 'Layer upon layer (plain), or blocks that add norm, convolution and perceptron to their input (residual).',
  },
  'model.residual': {
    type: 'boolean',
    default: false,
    kinds: STACKED,
    group: 'model',
    live: false,
    shown: false,
    help: 'Add the input of each layer to its output, where both are equally wide.',
  },
  'model.jumpingKnowledge': {
    type: 'enum',
    values: ['none', 'last', 'cat', 'max'],
    default: 'none',
    kinds: STACKED,
    group: 'model',
    live: false,
    shown: false,
    help: 'What the output layer sees: the last layer through a layer of its own (last), all of them side by side (cat) or their maximum (max).',
  },
  'model.inputLayer': {
    type: 'boolean',
    default: false,
    kinds: STACKED,
    group: 'model',
    live: false,
    shown: false,
    help: 'Put a linear layer in front of the first convolution.',
  },
  'model.aggregation': {
    type: 'enum',
    values: ['mean', 'sum', 'max'],
    default: 'mean',
    kinds: ['sage'],
    group: 'model',
    live: false,
    shown: false,
    help: 'How GraphSAGE sums its neighbours up.',
  },
  'model.heads': {
    type: 'integer',
    default: 8,
    min: 1,
    max: 256,
    kinds: ATTENTION,
    group: 'model',
    live: false,
    shown: false,
    help: 'Attention heads of each layer but the last (gat, gatv2).',
  },
  'model.outputHeads': {
    type: 'integer',
    default: 1,
    min: 1,
    max: 256,
    kinds: ATTENTION,
    group: 'model',
    live: false,
    shown: false,
    help: 'Attention heads of the last layer, whose mean is taken.',
  },
  'model.concat': {
    type: 'boolean',
    default: true,
    kinds: ATTENTION,
    group: 'model',
    live: false,
    shown: false,
    help: 'Put the heads side by side, so that together they are as wide as the hidden layer; otherwise their mean is taken.',
  },
  'model.attentionDropout': {
    type: 'number',
    default: 0,
    min: 0,
    max: 0.99,
    kinds: ATTENTION,
    group: 'model',
    live: false,
    shown: false,
    help: 'Share of the attention weights that is zeroed at random in training.',
  },
  'model.learnEps': {
    type: 'boolean',
    default: true,
    kinds: ['gin'],
    group: 'model',
    live: false,
    shown: false,
    help: 'Learn how much a node of its own counts beside its neighbours (gin).',
  },
  'model.steps': {
    type: 'integer',
    default: 10,
    min: 0,
    max: 64,
    kinds: ['appnp', 'sgc'],
    group: 'model',
    live: false,
    shown: false,
    help: 'How often features or logits spread along the edges (appnp, sgc).',
  },
  'model.alpha': {
    type: 'number',
    default: 0.1,
    min: 0,
    max: 1,
    kinds: ['appnp', 'gcn2'],
    group: 'model',
    live: false,
    shown: false,
    help: 'Share of the first features that each layer keeps (appnp, gcn2).',
  },
  'model.theta': {
    type: 'number',
    default: 0.5,
    min: 0,
    max: 10,
    kinds: ['gcn2'],
    group: 'model',
    live: false,
    shown: false,
    help: 'How fast the weights of deeper layers fade (gcn2): layer l has ln(theta / l + 1).',
  },
  'data.normalizeFeatures': {
    type: 'boolean',
    default: true,
    group: 'data',
    live: false,
    shown: false,
    help: "Divide each node's features by their sum.",
  },
  'data.split': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 9999,
    group: 'data',
    live: false,
    shown: false,
    help: "Which of the dataset's splits into training, validation and test nodes to use, counted from 0.",
  },
  'task.metric': {
    type: 'enum',
    values: ['accuracy', 'macroF1', 'microF1', 'weightedF1', 'rocAuc'],
    default: 'accuracy',
    group: 'task',
    live: false,
    shown: false,
    help: 'Figure that the run is judged by; rocAuc needs two classes, and reads their scores back after every epoch.',
  },
  'task.classWeights': {
    type: 'enum',
    values: ['none', 'balanced'],
    default: 'none',
    group: 'task',
    live: false,
    shown: false,
    help: 'Weight of the classes in the loss: all alike, or each by how rare it is among the training nodes (balanced).',
  },
  'training.epochs': {
    type: 'integer',
    default: 200,
    min: 1,
    max: 1_000_000,
    unit: 'epochs',
    group: 'training',
    // A run that is stopped early is one whose epochs were lowered by hand, and a replay stops there too.
    live: true,
    shown: true,
    help: 'Passes over the training nodes.',
  },
  'training.lr': {
    type: 'number',
    default: 0.01,
    min: 0,
    max: 10,
    group: 'training',
    live: true,
    shown: true,
    help: 'Learning rate: the size of a step.',
  },
  'training.schedule': {
    type: 'enum',
    values: ['constant', 'step', 'cosine'],
    default: 'constant',
    group: 'training',
    live: false,
    shown: false,
    help: 'How the learning rate goes on after the warm-up: it stays, falls in steps, or falls to 0 along half a cosine.',
  },
  'training.warmup': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'epochs',
    group: 'training',
    live: false,
    shown: false,
    help: 'Epochs over which the learning rate first rises in equal steps.',
  },
  'training.stepSize': {
    type: 'integer',
    default: 50,
    min: 1,
    max: 1_000_000,
    unit: 'epochs',
    group: 'training',
    live: false,
    shown: false,
    help: 'Epochs from one step of the learning rate to the next, with training.schedule=step.',
  },
  'training.gamma': {
    type: 'number',
    default: 0.1,
    min: 0,
    max: 1,
    group: 'training',
    live: false,
    shown: false,
    help: 'What each step multiplies the learning rate by, with training.schedule=step.',
  },
  'training.patience': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'epochs',
    group: 'training',
    live: true,
    shown: false,
    help: 'Stop after this many epochs without a new best one; 0 goes on to the last.',
  },
  'training.select': {
    type: 'enum',
    values: ['valLoss', 'valMetric'],
    default: 'valLoss',
    group: 'training',
    live: false,
    shown: false,
    help: 'What makes an epoch the best, whose weights are kept: the lowest loss or the highest task.metric on the validation nodes.',
  },
  'training.weightDecay': {
    type: 'number',
    default: 0.0005,
    min: 0,
    max: 10,
    group: 'training',
    live: true,
    shown: true,
    help: 'Pull of the weights towards zero: L2 penalty with adam and sgd, decoupled with adamw.',
  },
  'training.weightDecayLinear': {
    type: 'number',
    default: 0.0005,
    min: 0,
    max: 10,
    group: 'training',
    live: true,
    shown: false,
    help: 'The same for linear layers, where training.decayOn is split.',
  },
  'training.decayOn': {
    type: 'enum',
    values: ['first', 'all', 'split'],
    default: 'first',
    group: 'training',
    live: false,
    shown: false,
    help: 'What decays: the first layer alone (the protocol of Kipf and Welling), everything, or convolutions by weightDecay and linear layers by weightDecayLinear (split, the protocol of GCNII).',
  },
  'training.optimizer': {
    type: 'enum',
    values: ['adam', 'adamw', 'sgd'],
    default: 'adam',
    group: 'training',
    live: false,
    shown: false,
    help: 'Update rule.',
  },
  'training.momentum': {
    type: 'number',
    default: 0.9,
    min: 0,
    max: 0.9999,
    group: 'training',
    live: true,
    shown: false,
    help: 'Share of the last step that sgd keeps; adam and adamw do not read it.',
  },
  'training.clip': {
    type: 'number',
    default: 0,
    min: 0,
    max: 1_000_000,
    group: 'training',
    live: false,
    shown: false,
    help: 'Largest norm of all gradients together: longer ones are scaled down to it; 0 is no limit.',
  },
  'training.seed': {
    type: 'integer',
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    group: 'training',
    live: false,
    shown: true,
    help: 'Root of every random number: the same seed on the same device gives the same run, bit for bit.',
  },
  'sampling.strategy': {
    type: 'enum',
    values: ['full', 'neighbor'],
    default: 'full',
    group: 'sampling',
    live: false,
    shown: true,
    help: 'Train on the whole graph at once (full) or on batches with sampled neighbours (neighbor).',
  },
  'sampling.batchSize': {
    type: 'integer',
    default: 1024,
    min: 1,
    max: 10_000_000,
    unit: 'nodes',
    group: 'sampling',
    // Live up to the capacity that the running plan was made for; beyond it the next epoch plans again.
    live: true,
    shown: true,
    help: 'Training nodes per step when sampling.',
  },
  'sampling.fanOut': {
    type: 'integers',
    default: [15, 10],
    min: -1,
    max: 1_000_000,
    maxLength: 64,
    unit: 'neighbours',
    group: 'sampling',
    live: true,
    shown: true,
    help: 'Neighbours sampled per node, one number per layer from the training nodes outwards; the last repeats, -1 takes all.',
  },
  'evaluation.strategy': {
    type: 'enum',
    values: ['full', 'neighbor'],
    default: 'full',
    group: 'evaluation',
    live: false,
    shown: false,
    help: 'Evaluate on the whole graph at once, or in batches.',
  },
  'evaluation.batchSize': {
    type: 'integer',
    default: 4096,
    min: 1,
    max: 10_000_000,
    unit: 'nodes',
    group: 'evaluation',
    live: false,
    shown: false,
    help: 'Nodes per batch when evaluating in batches.',
  },
  'evaluation.fanOut': {
    type: 'integers',
    default: [-1],
    min: -1,
    max: 1_000_000,
    maxLength: 64,
    unit: 'neighbours',
    group: 'evaluation',
    live: false,
    shown: false,
    help: 'Neighbours per node when evaluating in batches, as sampling.fanOut; -1 takes all and is exact.',
  },
  'memory.gpuBudget': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 16 * TIB,
    unit: 'bytes',
    group: 'memory',
    live: false,
    shown: true,
    help: 'Most bytes of GPU memory a run may create; 0 is no limit.',
  },
  'memory.store': {
    type: 'enum',
    values: ['auto', 'memory', 'file', 'indexeddb'],
    default: 'auto',
    group: 'memory',
    live: false,
    shown: false,
    help: 'Where the graph lies while batches are sampled from it; auto is indexeddb in the page and memory on the command line, which can use a file.',
  },
  'memory.cacheBytes': {
    type: 'integer',
    default: 256 * MIB,
    min: MIB,
    max: 16 * TIB,
    unit: 'bytes',
    group: 'memory',
    live: false,
    shown: false,
    help: 'Most bytes of the stored graph kept in main memory.',
  },
  'memory.chunkBytes': {
    type: 'integer',
    default: MIB,
    min: 4096,
    max: 64 * MIB,
    unit: 'bytes',
    group: 'memory',
    live: false,
    shown: false,
    help: 'Size of one piece of the stored graph.',
  },
} as const satisfies Record<string, Entry>;

export type ConfigKey = keyof typeof SCHEMA;

type ValueOf<E> = E extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
  ? V
  : E extends { readonly type: 'integers' }
    ? readonly number[]
    : E extends { readonly type: 'boolean' }
      ? boolean
      : number;

/** A whole configuration: the value of every key. */
export type Config = { readonly [K in ConfigKey]: ValueOf<(typeof SCHEMA)[K]> };

/** The value of any key. */
export type ConfigValue = Config[ConfigKey];

/** The keys in the table's order. */
export const CONFIG_KEYS = Object.keys(SCHEMA) as readonly ConfigKey[];

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(SCHEMA, key);
}

/** The table's line about `key`, as the general type. */
export function entryOf(key: ConfigKey): Entry {
  return SCHEMA[key];
}

/** Every key at its default. */
export const DEFAULTS: Config = Object.freeze(
  Object.fromEntries(CONFIG_KEYS.map((key) => [key, SCHEMA[key].default])),
) as unknown as Config;
