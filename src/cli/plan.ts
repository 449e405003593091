import { WITHOUT_PASSES } from '../config/computeEntries.ts';
import type { Invocation } from './args.ts';
import { foresee } from './forecast.ts';
import { say } from './output.ts';
import { planLines } from './planLines.ts';

/** `edgewise plan`: values, slots and dispatches of the run that `train` with the same arguments would be, and what it would be without passes. */
export async function plan(invocation: Invocation): Promise<void> {
  const foreseen = await foresee(invocation, [WITHOUT_PASSES]);
  // With the kernels' code behind it: loaded when it is needed, as the engine is.
  const { planReport } = await import('./planReport.ts');
  const report = planReport(foreseen.plan);
  const withoutPasses = planReport(foreseen.variants[0]);
  if (invocation.json) return say(JSON.stringify({ ...foreseen.data, plan: report, withoutPasses }));
  const { lines, data } = foreseen;
  const config = { ...data.config, ...data.fitted };
  const planned = [
    { report, config },
    { report: withoutPasses, config: { ...config, ...WITHOUT_PASSES } },
  ] as const;
  const onCpu = data.memory.forecast.gpu === 0 ? ['the CPU executor allocates no uniforms and no staging'] : [];
  for (const line of [...lines, ...onCpu, '', ...planLines(...planned, invocation.all)]) say(line);
}
