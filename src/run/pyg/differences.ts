import { readsWeights } from './data.ts';
import { hopsOf, type PygRun, usesDegrees } from './source.ts';
import { dropsEdges } from './training.ts';

/** Sentences on where the script computes something else than Edgewise did. */
export function differences(run: PygRun): string[] {
  const { config } = run;
  const { 'model.kind': kind, 'model.aggregation': aggregation } = config;
  const batches = config['sampling.strategy'] === 'neighbor' && hopsOf(config) > 0;
  const said: readonly (readonly [boolean, string])[] = [
    [
      batches && (kind === 'gin' || (kind === 'sage' && aggregation === 'sum')),
      'Of d neighbours of which k were drawn, Edgewise multiplies the sum by d / k; here it is the sum of those drawn, so that ' +
        'in training it is smaller by k / d than in evaluation.',
    ],
    [
      batches && config['sampling.bias'] === 'weight' && readsWeights(run) && !usesDegrees(config),
      'Edgewise weighs drawn neighbours by the inverse of their probability; here those with heavy edges count more.',
    ],
    [
      batches && config['model.norm'] === 'batch',
      'Batch norm is over all nodes of a batch here, and in Edgewise over those that the next layer reads.',
    ],
    [
      batches && dropsEdges(config) && usesDegrees(config),
      'Where edges are dropped, Edgewise divides by the degrees that are left; here those left stand for those dropped.',
    ],
    [
      config['evaluation.strategy'] === 'layerwise',
      'Edgewise evaluates layer by layer; here the whole graph is evaluated at once, on the GPU where there is one: the ' +
        'same figures in more memory.',
    ],
  ];
  return said.flatMap(([applies, sentence]) => (applies ? [sentence] : []));
}
