import type { Config } from '../../config/schema.ts';
import { NORMS } from './convolutions.ts';
import { forwardParameters, type PygRun } from './source.ts';

/** What classes of modules are put together from. */

/** What stands in __init__ and in forward(self, x, …), without indentation. */
export interface Body {
  readonly init: readonly string[];
  readonly forward: readonly string[];
}

export const method = (name: string, parameters: string, body: readonly string[]) => [
  `    def ${name}(${['self', parameters].filter(Boolean).join(', ')}):`,
  ...body.map((line) => `        ${line}`),
];

export const edges = (run: PygRun) => forwardParameters(run).replace(/^x(, )?/, '');
export const convolve = (layer: string, x: string, run: PygRun) =>
  `${layer}(${[x, edges(run)].filter(Boolean).join(', ')})`;

export const drop = (x: string, config: Config) =>
  config['model.dropout'] > 0 ? `F.dropout(${x}, DROPOUT, self.training)` : x;

/** The features themselves may be spared. */
export const dropFeatures = (config: Config) => (config['model.inputDropout'] ? drop('x', config) : 'x');

/** One slope for the whole model. */
export const slope = (config: Config) =>
  config['model.activation'] === 'prelu' ? ['self.act = torch.nn.PReLU()'] : [];

export const norm = (config: Config): string | null =>
  config['model.norm'] === 'none' ? null : NORMS[config['model.norm']];

/** Lines that set `name` to a list of modules; equal ones that follow each other are counted by LAYERS. */
export function moduleList(name: string, modules: readonly string[], layers: number): string[] {
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
