import { type Tiling, tilingKey } from '../device/tiling.ts';
import { shaderModule } from '../device/webgpu/shaders.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Weights } from '../model/stored.ts';
import { curveHash, type RunResult } from '../run/record.ts';
import { metricOf } from '../task/metrics.ts';
import { withTile } from '../tensor/fusedName.ts';
import type { Dispatch } from '../tensor/op.ts';
import type { Progress } from './epochs.ts';
import type { Forecast } from './forecast.ts';
import { scalarsOf } from './passes.ts';
import { hasRocAuc, leadsOf } from './predictions.ts';
import type { Run } from './run.ts';
import { readWeights } from './weights.ts';

/** What is read from a run when its last epoch is done. */
export interface Finished {
  /** Hash of the kernels that ran; empty on the CPU. */
  readonly kernels: string;
  /** Where kernels ran in another tile than the first; see run/record.ts. */
  readonly tiles: Readonly<Record<string, string>>;
  readonly result: RunResult;
  /** Of the best epoch, by parameter name. */
  readonly weights: ReadonlyMap<string, Weights>;
}

/** Puts the parameters of the best epoch back and reads what a record says of it. */
export async function finish(run: Run, { epochs, best }: Progress): Promise<Finished> {
  const { context, executor, fit } = run;
  const { forecast } = fit;
  await executor.run('restore', { sizes: {}, scalars: scalarsOf(context.config, context.epoch), key: context.root });
  const { epoch, test, confusion } = best!;
  const { graph, config } = context;
  const classes = graph.classNames.length;
  const result: RunResult = {
    bestEpoch: epoch,
    metric: metricOf(config['task.metric'], graph.labelSets !== null),
    testAcc: test.accuracy,
    testMicroF1: test.microF1,
    testMacroF1: test.macroF1,
    testWeightedF1: test.weightedF1,
    testRocAuc: hasRocAuc(graph, config) ? await areaUnderCurve(run) : null,
    confusion: confusion && rowsOf(confusion, classes),
    curveHash: await curveHash(epochs),
  };
  const weights = await readWeights(run);
  const tiles = executor.tiles?.() ?? {};
  const kernels = executor.description.backend === 'webgpu' ? await kernelsHash(forecast, tiles) : '';
  return { kernels, tiles, result, weights };
}

/** ROC-AUC on the test nodes. */
async function areaUnderCurve(run: Run): Promise<number | null> {
  const leads = leadsOf(run);
  await run.evaluate.epoch(0, leads.read);
  leads.release();
  return leads.rocAuc(SPLIT.test);
}

function rowsOf(table: Uint32Array, cols: number): number[][] {
  return Array.from({ length: table.length / cols }, (_, row) => [...table.subarray(row * cols, (row + 1) * cols)]);
}

/** SHA-256 over the kernels of every dispatch, in order, and their code: a replay that differs here may differ in the last bits. */
async function kernelsHash({ plan }: Forecast, tiles: Tiling): Promise<string> {
  const ran = (dispatch: Dispatch) => {
    const tile = tiles[tilingKey(dispatch, plan.capacity) ?? ''];
    return tile === undefined ? dispatch.kernel : withTile(dispatch.kernel, tile);
  };
  const names = Object.entries(plan.routines).flatMap(([name, list]) => [name, ...list.map(ran)]);
  const used = new Set(Object.values(plan.routines).flatMap((list) => list.map(ran)));
  const code = Array.from(used, (kernel) => shaderModule(kernel).code);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode([...names, ...code].join('\n')));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
