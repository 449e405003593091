import type { Invocation } from './args.ts';
import { foresee } from './forecast.ts';
import { say } from './output.ts';
import { planLines } from './planLines.ts';

/** `edgewise plan`: values, slots and dispatches of the run that `train` with the same arguments would be. */
export async function plan(invocation: Invocation): Promise<void> {
  const foreseen = await foresee(invocation);
  // With the kernels' code behind it: loaded when it is needed, as the engine is.
  const { planReport } = await import('./planReport.ts');
  const report = planReport(foreseen.plan);
  if (invocation.json) return say(JSON.stringify({ ...foreseen.data, plan: report }));
  const { lines, data } = foreseen;
  const onCpu = data.memory.forecast.gpu === 0 ? ['the CPU executor allocates no uniforms and no staging'] : [];
  for (const line of [...lines, ...onCpu, '', ...planLines(report, invocation.all)]) say(line);
}
