/** Which of the tables that were given is the edge list and which the node table. */
import { InputError } from '../config/errors.ts';
import { type NamedBytes, tableRole } from './csv.ts';
import { checkTables, type ReadChoices, type TableKind, tableChoice } from './readChoices.ts';

export interface Tables {
  readonly edges: NamedBytes;
  readonly nodes: NamedBytes | null;
}

/** @param files one or two. @throws InputError where it is not clear, or there is no edge list */
export function sortTables(files: readonly NamedBytes[], choices: ReadChoices): Tables {
  checkTables(
    choices,
    files.map(({ name }) => name),
  );
  const kinds = tableKinds(files, choices);
  const [first, second] = files;
  if (!second) {
    if (kinds[0] !== 'nodes') return { edges: first, nodes: null };
    throw new InputError(`${first.name}: is a node table without edges; give the edge list beside it.`);
  }
  if (kinds[0] === kinds[1]) {
    throw new InputError(
      `${first.name} and ${second.name}: which is the edge list and which the node table is not clear; begin each ` +
        'with a header line (source,target and id,label) or put "edges" and "nodes" into their names.',
    );
  }
  const edges = kinds[0] === 'edges' || kinds[1] === 'nodes' ? 0 : 1;
  return { edges: files[edges], nodes: files[1 - edges] };
}

/** What each table is, null where nothing says it: what is chosen, else its header, else its name. */
export function tableKinds(files: readonly NamedBytes[], choices: ReadChoices): (TableKind | null)[] {
  const chosen = files.map(({ name }) => tableChoice(choices, name).kind ?? null);
  return files.map((file, i) => {
    const other = chosen[1 - i] ?? null;
    if (chosen[i]) return chosen[i];
    // Of two tables, each is what the other is not.
    if (files.length === 2 && other) return other === 'edges' ? 'nodes' : 'edges';
    return tableRole(file, tableChoice(choices, file.name)) ?? (files.length === 2 ? kindByName(file.name) : null);
  });
}

function kindByName(name: string): TableKind | null {
  if (/edge|link|cites|adj/i.test(name)) return 'edges';
  return /node|label|feature|content/i.test(name) ? 'nodes' : null;
}
