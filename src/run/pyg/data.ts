import {
  fileNames,
  hasLoops,
  hasSeveralLabels,
  hasWeights,
  PUBLIC,
  type PygRun,
  samples,
  usesDegrees,
} from './source.ts';

/** Python lines that make `data` and the masks of the split, and what graphs go through before the model sees them. */

const PARTS = ['train', 'val', 'test'] as const;

export function dataBlocks(run: PygRun): string[][] {
  const { config, source } = run;
  const column = 'file' in source || PUBLIC[source.public].splits ? '[:, SPLIT]' : '';
  const limited = config['evaluation.strategy'] !== 'full' && config['evaluation.nodes'] > 0;
  const mask = (part: (typeof PARTS)[number]) => {
    const whole = `data.${part}_mask${column}`;
    return `${part}_mask = ${limited && part !== 'train' ? `at_most(EVALUATION_NODES, ${whole})` : whole}`;
  };
  const lines = [
    ...('file' in source ? fileLines(run, source.file.sparse) : publicLines(source.public)),
    ...(config['data.normalizeFeatures'] ? ['data.x = F.normalize(data.x, p=1)  # rows add up to 1'] : []),
    ...PARTS.map(mask),
    ...(usesDegrees(config) && samples(config) ? degreeLines(run) : []),
    ...(samples(config) ? [] : ['data = data.to(device)']),
    ...(config['task.classWeights'] === 'balanced' ? BALANCED : []),
  ];
  return limited ? [AT_MOST, lines] : [lines];
}

function publicLines(id: keyof typeof PUBLIC): string[] {
  return [`data = ${PUBLIC[id].dataset}('data', name='${PUBLIC[id].name}')[0]`];
}

/** Layers of PyTorch Geometric drop out and sample dense features only, so what that takes is said. */
const denseLines = ({ dataset: { nodes, features } }: PygRun) => [
  `x = torch.zeros(graph['attr_shape'].tolist())  # dense: ${Math.ceil((4 * nodes * features) / 1e6)} MB`,
  "rows = torch.repeat_interleave(torch.arange(len(x)), graph['attr_indptr'].diff())",
  "x[rows, graph['attr_indices'].long()] = graph['attr_data']",
];

function fileLines(run: PygRun, sparse: boolean): string[] {
  const attributes = [
    sparse ? 'x=x,' : "x=graph['x'],",
    "edge_index=graph['edge_index'].long(),",
    ...(readsWeights(run) ? ["edge_weight=graph['edge_weight'],"] : []),
    hasSeveralLabels(run) ? "y=graph['y'].float()," : "y=graph['y'].long(),",
    ...PARTS.map((part) => `${part}_mask=graph['${part}_mask'],`),
  ];
  return [
    `with np.load(Path(__file__).with_name('${fileNames(run.dataset, run.config).graph}')) as file:`,
    '    graph = {name: torch.from_numpy(file[name]) for name in file.files}',
    ...(sparse ? denseLines(run) : []),
    'data = Data(',
    ...attributes.map((line) => `    ${line}`),
    ')',
  ];
}

/** Convolutions that count edges read weights only where neighbours are drawn by them. */
export function readsWeights(run: PygRun): boolean {
  const { config } = run;
  const draws = config['sampling.strategy'] === 'neighbor' && config['sampling.bias'] === 'weight';
  return hasWeights(run) && (usesDegrees(config) || draws);
}

/** Kept beside the features, so that a batch has them of its nodes. */
function degreeLines(run: PygRun): string[] {
  const loops = hasLoops(run);
  const weights = hasWeights(run);
  const sum = weights ? "scatter(data.edge_weight, data.edge_index[1], 0, data.num_nodes, 'sum')" : 'data.neighbours';
  return [
    'data.neighbours = degree(data.edge_index[1], data.num_nodes)',
    ...(loops ? LOOPS : []),
    ...(loops && weights ? ['data.loop[data.edge_index[0, own]] = data.edge_weight[own]'] : []),
    `data.degree = ${loops ? 'torch.where(looped, 0, 1)' : '1'} + ${sum}`,
  ];
}

/** A self-loop that is there stands for the one that a GCN adds. */
const LOOPS = [
  'own = data.edge_index[0] == data.edge_index[1]',
  'looped = index_to_mask(data.edge_index[0, own], data.num_nodes)',
  'data.loop = torch.ones(data.num_nodes)',
];

/** Those of scikit-learn (task/classWeights.ts). */
const BALANCED = [
  'count = torch.bincount(data.y[train_mask], minlength=CLASSES)',
  'class_weight = torch.where(count > 0, count.sum() / ((count > 0).sum() * count), 1.0).to(device)',
];

const AT_MOST = [
  'def at_most(number, mask):',
  '    """So many nodes of a mask, drawn once."""',
  '    nodes = mask.nonzero().view(-1)',
  '    return index_to_mask(nodes[torch.randperm(len(nodes))[:number]], len(mask))',
];

/** As graph/dropEdges.ts. */
export function dropLines(run: PygRun): string[] {
  const weights = usesDegrees(run.config) && hasWeights(run);
  return [
    'def drop_edges(part):',
    '    """Leaves a share of the edges out, each in both directions."""',
    '    ends = part.edge_index.sort(dim=0).values',
    '    edge = torch.unique(ends, dim=1, return_inverse=True)[1]',
    '    kept = torch.rand(len(edge), device=edge.device)[edge] >= DROP_EDGE',
    ...(hasLoops(run) ? ['    kept |= ends[0] == ends[1]  # a self-loop stays'] : []),
    '    part = copy.copy(part)',
    '    part.edge_index = part.edge_index[:, kept]',
    ...(weights ? ['    part.edge_weight = part.edge_weight[kept]'] : []),
    '    return part',
  ];
}

/**
 * The matrix of a GCN by the degrees of the whole graph, where GCNConv would take those of the sample. An edge that was drawn stands for those
 * that were not, so that a row has the whole row's expectation (graph/operators.ts).
 */
export function normalisedLines(run: PygRun): string[] {
  const uniform = `${hasWeights(run) ? 'part.edge_weight * ' : ''}part.neighbours[target] / drawn`;
  const choice =
    readsWeights(run) && run.config['sampling.bias'] === 'weight' && run.config['sampling.strategy'] === 'neighbor';
  const loops = hasLoops(run);
  const edges = loops ? 'part.edge_index[:, others]' : 'part.edge_index';
  const weight = loops ? 'weight[others]' : 'weight';
  return [
    `def normalised(part${choice ? ', drawn_by_weight=False' : ''}):`,
    '    """D^-1/2 (A + I) D^-1/2 of the whole graph; a drawn edge stands for those that were not."""',
    '    source, target = part.edge_index',
    '    drawn = degree(target, part.num_nodes)[target]',
    ...(choice
      ? [
          '    if drawn_by_weight:',
          '        weight = (part.degree[target] - 1) / drawn',
          '    else:',
          `        weight = ${uniform}`,
        ]
      : [`    weight = ${uniform}`]),
    '    weight = weight / (part.degree[source] * part.degree[target]).sqrt()',
    ...(loops ? ['    others = source != target  # the own loop is there once, drawn or not'] : []),
    '    loops = torch.arange(part.num_nodes, device=target.device).repeat(2, 1)',
    `    return torch.cat([${edges}, loops], dim=1), torch.cat([${weight}, ${loops ? 'part.loop' : '1'} / part.degree])`,
  ];
}
