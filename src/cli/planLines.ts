import { PASSES, type Pass, passSetting } from '../config/computeEntries.ts';
import type { Config } from '../config/schema.ts';
import { formatBytes, formatCount, formatFlops } from './output.ts';
import type { DispatchReport, PlanReport, ValueReport, Work } from './planReport.ts';

/** A plan for a terminal. */

/** A plan, and the configuration that it was made from. */
export interface Planned {
  readonly report: PlanReport;
  readonly config: Config;
}

/** Lines of a list that is not printed whole. */
const LISTED = 20;

/** @param all print lists whole */
export function planLines(run: Planned, withoutPasses: Planned, all: boolean): string[] {
  const { report } = run;
  const byBytes = <T extends { readonly bytes: number }>(list: readonly T[]) =>
    [...list].sort((a, b) => b.bytes - a.bytes);
  const section = (title: string, head: readonly Column[], rows: readonly (readonly string[])[]) => {
    const listed = all ? rows : rows.slice(0, LISTED);
    const hidden = rows.length - listed.length;
    const rest = hidden > 0 ? [`  and ${formatCount(hidden)} more: --all lists them`] : [];
    return ['', title, ...table(head, listed), ...rest];
  };
  const numbered = report.slots.map((slot, number) => ({ ...slot, number }));
  return [
    ...summaryLines([
      { title: 'this run', ...run },
      { title: 'without passes', ...withoutPasses },
    ]),
    ...section('values, the largest first', VALUE_COLUMNS, byBytes(report.values).map(valueRow)),
    ...section(
      'slots: one buffer each, the largest first',
      [right('slot'), right('bytes'), left('purpose'), left('holds')],
      byBytes(numbered).map(({ number, bytes, purpose, label }) => {
        const values = report.values.filter(({ buffer }) => buffer === number).length;
        return [`${number}`, formatCount(bytes), purpose, values > 1 ? `${values} values in turn` : label];
      }),
    ),
    ...report.routines.flatMap(({ name, dispatches, total }) =>
      section(`routine ${name}: ${describe(total)}`, DISPATCH_COLUMNS, dispatches.map(dispatchRow)),
    ),
    ...section(
      `kernels, each routine run once: ${describe(report.total)}`,
      [left('kernel'), ...WORK_COLUMNS],
      report.kernels.map((work) => [work.kernel, ...workCells(work)]),
    ),
  ];
}

/** What plans come to, side by side: bytes by purpose, and what each routine does. */
export function summaryLines(columns: readonly ({ readonly title: string } & Planned)[]): readonly string[] {
  const reports = columns.map(({ report }) => report);
  const passes = Object.entries(PASSES) as [Pass, string][];
  const names = (of: (report: PlanReport) => readonly string[]) => [...new Set(reports.flatMap(of))];
  const row = (label: string, of: (report: PlanReport) => string) => [label, ...reports.map(of)];
  const routine = (name: string) => (report: PlanReport) => {
    const found = report.routines.find((candidate) => candidate.name === name);
    return found ? describe(found.total) : 'none';
  };
  return table(
    [left('plan'), ...columns.map(({ title }) => right(title))],
    [
      row('bytes', ({ bytes }) => formatCount(bytes)),
      ...names(({ purposes }) => Object.keys(purposes)).map((purpose) =>
        row(`  ${purpose}`, ({ purposes }) => formatCount(purposes[purpose] ?? 0)),
      ),
      row('values', ({ values }) => formatCount(values.length)),
      row('slots', ({ slots }) => formatCount(slots.length)),
      ...names(({ routines }) => routines.map(({ name }) => name)).map((name) => row(`routine ${name}`, routine(name))),
      ...passes.map(([key, tag]) => [`${key} (${tag})`, ...columns.map(({ config }) => passSetting(config, key))]),
    ],
  );
}

function describe({ dispatches, moved, flops }: Work): string {
  return `${formatCount(dispatches)} dispatches, ${formatBytes(moved)} moved, ${formatFlops(flops)}`;
}

interface Column {
  readonly title: string;
  readonly side: 'left' | 'right';
}

const left = (title: string): Column => ({ title, side: 'left' });
const right = (title: string): Column => ({ title, side: 'right' });

const VALUE_COLUMNS = [
  left('value'),
  right('shape'),
  left('type'),
  right('bytes'),
  left('purpose'),
  right('slot'),
  left('life'),
];

function valueRow({ name, rows, cols, dtype, bytes, purpose, buffer, resident, from, to }: ValueReport): string[] {
  const life = resident ? 'always' : `${from} to ${to}`;
  return [name, `${rows} × ${cols}`, dtype, formatCount(bytes), purpose, `${buffer}`, life];
}

const WORK_COLUMNS = ['dispatches', 'threads', 'moved', 'operations'].map(right);

function workCells({ dispatches, threads, moved, flops }: Work): string[] {
  return [formatCount(dispatches), formatCount(threads), formatBytes(moved), formatFlops(flops)];
}

const DISPATCH_COLUMNS = [right('#'), left('kernel'), ...WORK_COLUMNS.slice(1), left('reads → writes')];

function dispatchRow({ at, kernel, threads, moved, flops, reads, writes }: DispatchReport): string[] {
  const names = (operands: DispatchReport['reads']) => operands.map(({ value }) => value).join(', ') || 'nothing';
  const what = `${names(reads)} → ${names(writes)}`;
  return [`${at}`, kernel, formatCount(threads), formatBytes(moved), formatFlops(flops), what];
}

function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) => Math.max(...[titles, ...rows].map((cells) => cells[i].length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => (columns[i].side === 'left' ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}`.trimEnd();
  return [titles, ...rows].map(line);
}
