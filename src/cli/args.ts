import { parseArgs } from 'node:util';
import { InputError } from '../config/errors.ts';
import { nearest, quote } from '../config/parse.ts';
import type { ReadChoices } from '../formats/readChoices.ts';
import { ORDERING_NAMES, type OrderingName } from '../graph/ordering.ts';
import { parseReadChoices } from './readOptions.ts';

/** The commands and what they take. */
export const COMMANDS = ['train', 'forecast', 'plan', 'predict', 'export', 'inspect', 'graphs', 'help'] as const;
export type CommandName = (typeof COMMANDS)[number];

type Option = { readonly type: 'string' | 'boolean'; readonly multiple?: boolean; readonly short?: string };

const HELP = { help: { type: 'boolean', short: 'h' } } as const satisfies Record<string, Option>;
/** How files are read. */
const READ = {
  directed: { type: 'boolean' },
  'self-loops': { type: 'string' },
  delimiter: { type: 'string' },
  header: { type: 'string' },
  columns: { type: 'string', multiple: true },
} as const satisfies Record<string, Option>;
/** What a run is. */
const SETTINGS = {
  ...HELP,
  ...READ,
  data: { type: 'string' },
  preset: { type: 'string' },
  config: { type: 'string' },
  set: { type: 'string', multiple: true },
  seed: { type: 'string' },
  split: { type: 'string' },
} as const satisfies Record<string, Option>;
const RUN = {
  ...SETTINGS,
  backend: { type: 'string' },
  'no-fit': { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies Record<string, Option>;

const OPTIONS = {
  train: {
    ...RUN,
    out: { type: 'string' },
    checkpoint: { type: 'string' },
    resume: { type: 'string' },
    profile: { type: 'string' },
    'profile-epochs': { type: 'string' },
  },
  forecast: { ...RUN, checkpoint: { type: 'string' } },
  plan: { ...RUN, all: { type: 'boolean' } },
  predict: { ...HELP, ...READ, data: { type: 'string' }, backend: { type: 'string' } },
  export: { ...SETTINGS, pyg: { type: 'boolean' }, out: { type: 'string' } },
  inspect: { ...HELP, ...READ, json: { type: 'boolean' } },
  graphs: { ...HELP, ...READ, data: { type: 'string' }, order: { type: 'string' }, json: { type: 'boolean' } },
  help: HELP,
} as const satisfies Record<CommandName, Record<string, Option>>;

/** How many arguments that are no options a command takes, and what they are. */
const POSITIONALS: Record<CommandName, { readonly min: number; readonly max: number; readonly what: string }> = {
  train: { min: 0, max: 0, what: '' },
  forecast: { min: 0, max: 0, what: '' },
  plan: { min: 0, max: 0, what: '' },
  predict: { min: 1, max: 1, what: 'the folder that edgewise train --out wrote' },
  export: { min: 0, max: 1, what: 'the folder that edgewise train --out wrote' },
  inspect: { min: 1, max: 1, what: 'a file, a folder or the name of a dataset' },
  graphs: { min: 0, max: 2, what: 'list, add or delete, and a graph' },
  help: { min: 0, max: 1, what: '' },
};

export const BACKENDS = ['auto', 'webgpu', 'cpu'] as const;
export type BackendChoice = (typeof BACKENDS)[number];

/** The command line, taken apart; `help` where help was asked for anywhere. */
export interface Invocation {
  readonly command: CommandName;
  readonly help: boolean;
  readonly positionals: readonly string[];
  readonly data?: string;
  readonly read: ReadChoices;
  readonly preset?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly seed?: string;
  readonly split?: string;
  readonly backend: BackendChoice;
  readonly fit: boolean;
  readonly json: boolean;
  readonly out?: string;
  /** Where the run is kept while it goes on. */
  readonly checkpoint?: string;
  /** Such a file, of a run to go on with. */
  readonly resume?: string;
  /** In which order the rows of a kept graph lie. */
  readonly order: OrderingName;
  /** As a script for PyTorch Geometric. */
  readonly pyg: boolean;
  /** Lists are printed whole. */
  readonly all: boolean;
  /** Where the trace of the first `profileEpochs` epochs goes. */
  readonly profile?: string;
  readonly profileEpochs: number;
}

/** Takes the arguments after `edgewise` apart. InputError in one sentence on anything unknown, missing or superfluous. */
export function parseInvocation(argv: readonly string[]): Invocation {
  const [name, ...rest] = argv;
  if (name === undefined)
    throw new InputError(`give a command: ${COMMANDS.join(', ')} (edgewise --help explains them).`);
  if (name === '--help' || name === '-h') return { ...parseInvocation(['help']), help: true };
  const command = COMMANDS.find((candidate) => candidate === name);
  if (!command) {
    const near = nearest(name, COMMANDS);
    throw new InputError(
      `unknown command ${quote(name)}: ${near ? `did you mean ${near}?` : `use ${COMMANDS.join(', ')}.`}`,
    );
  }
  const { values, positionals } = parse(command, rest);
  const help = values.help === true;
  const text = (key: string) => (typeof values[key] === 'string' ? values[key] : undefined);
  const all = (key: string) => (Array.isArray(values[key]) ? values[key].map(String) : []);
  if (!help) checkPositionals(command, positionals);
  return {
    command,
    help,
    positionals,
    data: text('data'),
    preset: text('preset'),
    config: text('config'),
    read: parseReadChoices({
      directed: values.directed === true,
      selfLoops: text('self-loops'),
      delimiter: text('delimiter'),
      header: text('header'),
      columns: all('columns'),
    }),
    set: all('set'),
    seed: text('seed'),
    split: text('split'),
    backend: oneOf('--backend', text('backend') ?? 'auto', BACKENDS),
    fit: values['no-fit'] !== true,
    json: values.json === true,
    out: text('out'),
    checkpoint: text('checkpoint'),
    resume: text('resume'),
    order: oneOf('--order', text('order') ?? 'none', ORDERING_NAMES),
    pyg: values.pyg === true,
    all: values.all === true,
    profile: text('profile'),
    profileEpochs: profileEpochsOf(text('profile-epochs'), text('profile')),
  };
}

function parse(command: CommandName, args: string[]) {
  const options: Record<string, Option> = OPTIONS[command];
  // Not strict: the words of Node's own errors are long, and of several sentences.
  const parsed = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const near = nearest(token.name, Object.keys(options));
      const advice = near ? `did you mean --${near}?` : `edgewise ${command} --help lists the options.`;
      throw new InputError(`${command}: unknown option ${quote(token.rawName)}: ${advice}`);
    }
    if (option.type === 'string' && !token.value) throw new InputError(`${token.rawName}: give a value after it.`);
    if (option.type === 'boolean' && token.value !== undefined)
      throw new InputError(`${token.rawName}: takes no value.`);
  }
  return parsed;
}

function checkPositionals(command: CommandName, given: readonly string[]): void {
  const { min, max, what } = POSITIONALS[command];
  if (given.length < min) throw new InputError(`${command}: name ${what}.`);
  if (given.length > max) {
    const advice = max === 0 ? 'options begin with --' : `one argument is enough: ${what || 'a command or config'}`;
    throw new InputError(`${command}: ${quote(given[max])} is one argument too many; ${advice}.`);
  }
}

/** Epochs in a trace where nobody says how many: the first is slower than the others, and two show what varies. */
const PROFILE_EPOCHS = 3;

function profileEpochsOf(text: string | undefined, profile: string | undefined): number {
  if (text === undefined) return PROFILE_EPOCHS;
  if (profile === undefined) throw new InputError('--profile-epochs: name the file of the trace with --profile FILE.');
  const epochs = Number(text);
  if (!/^\d+$/.test(text) || epochs < 1 || !Number.isSafeInteger(epochs)) {
    throw new InputError(`--profile-epochs cannot be ${quote(text)}: it must be an integer from 1.`);
  }
  return epochs;
}

function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (!found) throw new InputError(`${option} cannot be ${quote(text)}: it must be one of ${choices.join(', ')}.`);
  return found;
}
