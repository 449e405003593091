#!/usr/bin/env node
import { DeviceError, InputError } from '../config/errors.ts';
import { nearest, quote } from '../config/parse.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { COMMANDS, type CommandName, type Invocation, parseInvocation } from './args.ts';
import { exportRun } from './export.ts';
import { forecast } from './forecast.ts';
import { graphs } from './graphs.ts';
import { configText, helpText } from './help.ts';
import { inspect } from './inspect.ts';
import { complain, say } from './output.ts';
import { plan } from './plan.ts';
import { predict } from './predict.ts';
import { prepare } from './prepare.ts';
import { endWithParent, needsRelaunch, relaunch } from './relaunch.ts';
import { readRun } from './saved.ts';
import { train } from './train.ts';

/** The command line. Exit status: 0 done, 1 failed while running, 2 bad input. */

/** A process that has said all it had to say, but is kept alive by a driver's thread, ends after this long. */
const PATIENCE_MS = 2000;

const RUNS: Record<Exclude<CommandName, 'help'>, (invocation: Invocation) => Promise<void>> = {
  train,
  forecast,
  plan,
  predict,
  export: exportRun,
  inspect,
  graphs,
};

/** Commands that open no device. */
const WITHOUT_DEVICE: readonly CommandName[] = ['export', 'inspect', 'graphs'];

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version') {
    say(ENGINE_VERSION);
    return 0;
  }
  const invocation = parseInvocation(argv);
  const { command, help } = invocation;
  if (command === 'help' || help) {
    say(help ? helpText(command) : explain(invocation.positionals[0]));
    return 0;
  }
  if (!WITHOUT_DEVICE.includes(command) && invocation.backend !== 'cpu' && needsRelaunch()) {
    // What is cheap to check is checked before a second process is started, and all of it again there.
    if (command === 'predict') readRun(invocation.positionals[0]);
    else prepare(invocation);
    return relaunch();
  }
  await RUNS[command](invocation);
  return 0;
}

/** `edgewise help TOPIC`. */
function explain(topic = 'help'): string {
  if (topic === 'config') return configText();
  const command = COMMANDS.find((name) => name === topic);
  if (command) return helpText(command);
  const near = nearest(topic, [...COMMANDS, 'config']);
  throw new InputError(
    `help: nothing about ${quote(topic)}: ${near ? `did you mean ${near}?` : 'see edgewise --help.'}`,
  );
}

function report(error: unknown): number {
  if (error instanceof InputError) {
    complain(error.message);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  complain(message);
  if (process.env.EDGEWISE_DEBUG && !(error instanceof DeviceError)) console.error(error);
  return 1;
}

endWithParent();
// `edgewise predict … | head` closes our output early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  complain(`standard output cannot be written (${error.code ?? error.message}).`);
  process.exit(1);
});
process.on('uncaughtException', (error) => process.exit(report(error)));
process.exitCode = await main(process.argv.slice(2)).catch(report);
setTimeout(() => process.exit(), PATIENCE_MS).unref();
