/** What a correction in the preview makes of the choices that were there. */
import { type MatRole, type ReadChoices, type Role, rivals, type TableChoice } from '../../worker/protocol.ts';

/** Other columns are other roles: whoever changes how the table is cut, or what it is, chooses them anew. */
export function withTable(choices: ReadChoices, file: string, changed: TableChoice): ReadChoices {
  const { tables = [] } = choices;
  const before = tables.find((table) => table.file === file) ?? { file };
  const recut = changed.delimiter !== undefined || changed.kind !== undefined;
  const next = { ...before, ...(recut ? { columns: [] } : {}), ...changed };
  // Of two tables, the other is what this one is not.
  const others = tables
    .filter((table) => table.file !== file)
    .map((table) => (changed.kind === undefined ? table : { ...table, kind: undefined, columns: [] }));
  return { ...choices, tables: [...others, next] };
}

/** A role that only one column has is taken from the one that had it. */
export function withColumn(choices: ReadChoices, file: string, column: number, role: Role): ReadChoices {
  const before = choices.tables?.find((table) => table.file === file)?.columns ?? [];
  const others = before.filter((each) => each.column !== column && !rivals(role).includes(each.role));
  return withTable(choices, file, { columns: [...others, { column, role }] });
}

/** @param variable null for none */
export function withVariable(choices: ReadChoices, role: MatRole, variable: string | null): ReadChoices {
  return { ...choices, matNames: { ...choices.matNames, [role]: variable } };
}
