import { Checkbox, NativeSelect } from '@mantine/core';
import {
  type ColumnView,
  type Delimiter,
  type ReadChoices,
  ROLES,
  type Role,
  type TableKind,
  type TableView,
} from '../../worker/protocol.ts';
import { readAs } from '../state/previewActions.ts';
import { formatCount } from '../theme/format.ts';
import { withColumn, withTable } from './choices.ts';
import classes from './Preview.module.css';

const DELIMITER_LABELS: Readonly<Record<Delimiter, string>> = {
  tab: 'tabs',
  comma: 'commas',
  semicolon: 'semicolons',
  space: 'blanks',
};
const KIND_LABELS: Readonly<Record<TableKind, string>> = { edges: 'edge list', nodes: 'node table' };
const ROLE_LABELS: Readonly<Record<Role, string>> = {
  source: 'source',
  target: 'target',
  weight: 'weight',
  id: 'id',
  label: 'label',
  labelList: 'labels (a;b or a|b)',
  split: 'split',
  feature: 'feature',
  ignore: 'not used',
};

/** Columns on show: node tables have thousands of features, which look alike. */
const FIRST_COLUMNS = 8;
const MOST_COLUMNS = 24;

interface TablePreviewProps {
  readonly table: TableView;
  readonly choices: ReadChoices;
  /** Whether it may be the other kind of table. */
  readonly several: boolean;
}

/** The first rows of a table, and what each column is read as. */
export function TablePreview({ table, choices, several }: TablePreviewProps) {
  const { file, kind, delimiter, header, columns } = table;
  const shown = columns
    .map((column, at) => ({ ...column, at }))
    .filter(({ role, at }) => at < FIRST_COLUMNS || role !== 'feature')
    .slice(0, MOST_COLUMNS);
  return (
    <section className={classes.table} aria-label={file}>
      <h3>{file}</h3>
      <div className={classes.controls}>
        {several && (
          <NativeSelect
            size="xs"
            label="This file is"
            value={kind}
            data={Object.entries(KIND_LABELS).map(([value, label]) => ({ value, label: `the ${label}` }))}
            onChange={(event) => readAs(withTable(choices, file, { kind: event.currentTarget.value as TableKind }))}
          />
        )}
        <NativeSelect
          size="xs"
          label="Columns are separated by"
          value={delimiter ?? ''}
          data={[
            ...(delimiter === null ? [{ value: '', label: 'choose' }] : []),
            ...Object.entries(DELIMITER_LABELS).map(([value, label]) => ({ value, label })),
          ]}
          onChange={(event) => readAs(withTable(choices, file, { delimiter: event.currentTarget.value as Delimiter }))}
        />
        <Checkbox
          size="xs"
          label="The first line names the columns"
          checked={header}
          onChange={(event) => readAs(withTable(choices, file, { header: event.currentTarget.checked }))}
        />
      </div>
      {shown.length > 0 && (
        <div className={classes.scroll}>
          <table>
            <thead>
              <tr>
                {shown.map(({ at, name }) => (
                  <th key={at} scope="col" title={name ?? undefined}>
                    {name ?? `column ${at + 1}`}
                  </th>
                ))}
              </tr>
              <tr>
                {shown.map((column) => (
                  <td key={column.at}>
                    <RoleSelect table={table} column={column} choices={choices} />
                  </td>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown[0].sample.map((_, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
                <tr key={row}>
                  {shown.map(({ at, role, sample }) => (
                    <td key={at} data-unused={role === 'ignore' || undefined}>
                      {sample[row]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {columns.length > shown.length && (
        <p className={classes.more}>and {formatCount(columns.length - shown.length)} more columns like these.</p>
      )}
    </section>
  );
}

interface RoleSelectProps {
  readonly table: TableView;
  readonly column: ColumnView & { readonly at: number };
  readonly choices: ReadChoices;
}

function RoleSelect({ table: { file, kind }, column: { at, name, role }, choices }: RoleSelectProps) {
  return (
    <NativeSelect
      size="xs"
      aria-label={`Column ${at + 1} of ${file}${name === null ? '' : ` (${name})`} is`}
      value={role}
      data={ROLES[kind].map((value) => ({ value, label: ROLE_LABELS[value] }))}
      onChange={(event) => readAs(withColumn(choices, file, at, event.currentTarget.value as Role))}
    />
  );
}
