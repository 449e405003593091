import { formatValue } from '../config/describe.ts';
import { describeRange } from '../config/parse.ts';
import { PRESET_NAMES, PRESETS } from '../config/presets.ts';
import { CONFIG_KEYS, DEFAULTS, entryOf } from '../config/schema.ts';
import { SHAPE_NAMES } from '../graph/shapes.ts';
import type { CommandName } from './args.ts';
import { readCatalogue } from './catalogue.ts';

/** The texts of `--help`. */

const READ_OPTIONS = `  --directed         keep each edge's direction (default: every edge in both)
  --self-loops keep|drop
                     edges from a node to itself (default: drop; layers that use self-loops give one to every node)
  --delimiter NAME   what separates the columns of a table: tab, comma, semicolon, space (default: found out)
  --header yes|no    whether the first line names the columns (default: found out)
  --columns [FILE:]COLUMN=ROLE,...
                     what columns are read as, by name or by number from 1; of an edge list source, target, weight,
                     ignore, of a node table id, label, labelList (a;b or a|b), split, feature, ignore, of a MATLAB file
                     network, attributes, labels; the others as found out (edgewise inspect shows it)`;

const SETTING_OPTIONS = `  --data NAME        a dataset of the catalogue, a kept graph, a shape to generate (${SHAPE_NAMES.join(', ')}),
                     a file, a folder (./NAME is always a path), or the https address of a public file, fetched each time
  --preset NAME      a whole protocol: ${PRESET_NAMES.join(', ')};
                     without it, the one recommended for the dataset and model.kind
${READ_OPTIONS}
  --config FILE      a run.json whose configuration to repeat, or an object of some keys
  --set KEY=VALUE    one hyperparameter, as often as you like (edgewise help config lists them)
  --seed N           short for --set training.seed=N
  --split N          short for --set data.split=N`;

const RUN_OPTIONS = `${SETTING_OPTIONS}
  --backend NAME     auto (default: WebGPU, or the CPU with a warning), webgpu, cpu
  --no-fit           do not change the configuration to stay inside its memory budgets
  --json             one JSON object on standard output and nothing else`;

const OVERVIEW = `edgewise: trains graph neural networks on your own GPU

  edgewise train --data NAME       train and evaluate; --out FOLDER keeps the run
  edgewise train --resume FILE     go on with a run that --checkpoint FILE kept
  edgewise forecast --data NAME    the memory that such a run will create, without running it
  edgewise plan --data NAME        its values, memory and dispatches, with bytes and operations
  edgewise predict FOLDER --data NAME
                                   node, class and probabilities as CSV, from a kept run
  edgewise export FOLDER --pyg     a kept run as a script for PyTorch Geometric
  edgewise inspect NAME            what was understood of a file, a folder or a dataset
  edgewise graphs                  graphs that are kept on disk; add NAME --data FILE, delete NAME
  edgewise help config             every hyperparameter and preset
  edgewise COMMAND --help          the options of a command
  edgewise --version`;

const ENDING = `Exit status: 0 done, 1 failed while running, 2 bad input (one line on standard error says what, where and what to do).
VK_DRIVER_FILES names a Vulkan driver; EDGEWISE_CACHE is where downloaded datasets and graphs are kept.`;

const TEXTS: Record<Exclude<CommandName, 'help'>, string> = {
  train: `edgewise train --data NAME [options]
edgewise train --resume FILE [options]

${RUN_OPTIONS}
  --out FOLDER       keep run.json and weights.safetensors in this folder
  --checkpoint FILE  keep where the run is in this file: every training.checkpointEvery epochs, at most twice a second
  --resume FILE      go on from such a file, with its data and settings, to the same curve as without the interruption;
                     the file is kept up to date where --checkpoint names no other
  --profile FILE     write a trace of the first epochs: sampling, reads, uploads, each kernel (for ui.perfetto.dev)
  --profile-epochs N epochs in it (default 3; at most 100,000 events); a profiled epoch takes longer, its curve is the same

Later wins: defaults, preset, --config, --set in order, --seed and --split.`,
  forecast: `edgewise forecast --data NAME [options]

${RUN_OPTIONS}
  --checkpoint FILE  count what a run takes that keeps its checkpoints; nothing is written`,
  plan: `edgewise plan --data NAME [options]

Bytes moved and floating-point operations are those of every dispatch at the capacity of the plan: the whole graph, or the
largest batch. Beside this run stands the same without any pass: compute.compiled=off, nothing recomputed, f32.

${RUN_OPTIONS}
  --all              print long lists whole; --json always does`,
  predict: `edgewise predict FOLDER --data NAME [options]

FOLDER is what edgewise train --out wrote. The CSV has the columns node, class and one probability per class.

  --data NAME        a dataset of the catalogue, a file, a folder or the https address of a public file
${READ_OPTIONS}
  --backend NAME     auto (default), webgpu, cpu`,
  export: `edgewise export FOLDER --pyg [options]
edgewise export --data NAME --pyg [options]

A run as a Python script for PyTorch Geometric, with the same model, data, sampling and hyperparameters: one that edgewise train --out
kept (its folder, or a run.json), or the one that the options describe. A graph that PyTorch Geometric does not have as a dataset is
written beside the script as DATASET-pyg.npz.

  --pyg              as a script for PyTorch Geometric
  --out FILE         write the script to this file (default: to standard output, and then no graph)
${SETTING_OPTIONS}

Of a kept run --data names the graph where it is not found by its own name.`,
  inspect: `edgewise inspect NAME [options]

NAME is a file, a folder, a dataset of the catalogue or a kept graph. What was understood of files is said column by column,
with what was dropped and why.

${READ_OPTIONS}
  --json             one JSON object on standard output and nothing else`,
  graphs: `edgewise graphs [list] [--json]
edgewise graphs add NAME --data SOURCE [options]
edgewise graphs delete NAME

Kept graphs stay on disk, ready to be sampled from: --data NAME finds them, and a run holds their outline and the rows of a
batch. A shape is kept under its own name when it is first used.

  --data SOURCE      a file, a folder, the https address of a public file, a dataset of the catalogue or a shape
                     (${SHAPE_NAMES.join(', ')})
${READ_OPTIONS}
  --order NAME       how the rows lie on disk, which changes no curve: none (default: as the nodes come), degree (those that
                     are drawn most often first), cluster (nodes with common neighbours close together)
  --json             one JSON list on standard output and nothing else`,
};

/** The help of a command; of everything where `command` is help. */
export function helpText(command: CommandName): string {
  if (command !== 'help') return `${TEXTS[command]}\n\n${ENDING}`;
  const datasets = readCatalogue().map(({ id, title }) => `  ${id.padEnd(15)}${title}`);
  return [OVERVIEW, '', 'Datasets:', ...datasets, '', ENDING].join('\n');
}

/** Every key and preset, for a terminal. */
export function configText(): string {
  const lines = ['Hyperparameters, for --set KEY=VALUE:', ''];
  for (const key of CONFIG_KEYS) {
    lines.push(
      `  ${key} = ${formatValue(key, DEFAULTS[key])}`,
      `      ${entryOf(key).help}`,
      `      Accepts ${describeRange(key)}.`,
    );
  }
  lines.push('', 'Presets, for --preset NAME:', '');
  for (const name of PRESET_NAMES) lines.push(`  ${name.padEnd(15)}${PRESETS[name].help}`);
  return lines.join('\n');
}
