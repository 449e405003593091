import { InputError } from '../config/errors.ts';
import { nearest, quote } from '../config/parse.ts';
import { SELF_LOOPS, type SelfLoops } from '../formats/graphData.ts';
import { MAT_ROLES, type MatNames, type MatRole } from '../formats/mat.ts';
import {
  DELIMITERS,
  type Delimiter,
  type ReadChoices,
  ROLES,
  type Role,
  type TableChoice,
} from '../formats/readChoices.ts';

/** The options that say how files are read, as they were given. */
export interface ReadOptions {
  readonly directed: boolean;
  readonly selfLoops?: string;
  readonly delimiter?: string;
  readonly header?: string;
  /** Each `FILE:COLUMN=ROLE,…`, or without the file. */
  readonly columns: readonly string[];
}

const SIGNS: Readonly<Record<string, Delimiter>> = {
  '\t': 'tab',
  '\\t': 'tab',
  ',': 'comma',
  ';': 'semicolon',
  ' ': 'space',
};
const TABLE_ROLES: readonly Role[] = [...new Set<Role>([...ROLES.edges, ...ROLES.nodes])];

/** InputError where an option makes no sense by itself; whether the files have such columns is seen when they are read. */
export function parseReadChoices({ directed, selfLoops, delimiter, header, columns }: ReadOptions): ReadChoices {
  const tables: TableChoice[] = [];
  let matNames: MatNames = {};
  if (delimiter !== undefined) tables.push({ delimiter: delimiterOf(delimiter) });
  if (header !== undefined) tables.push({ header: isHeader(header) });
  for (const text of columns) {
    const { file, chosen } = parseColumns(text);
    for (const [column, role] of chosen) {
      if (isMatRole(role)) matNames = { ...matNames, [role]: column };
      else tables.push({ ...(file === undefined ? {} : { file }), columns: [{ column: numbered(column), role }] });
    }
  }
  return {
    ...(directed ? { directed } : {}),
    ...(selfLoops === undefined ? {} : { selfLoops: selfLoopsOf(selfLoops) }),
    ...(tables.length > 0 ? { tables } : {}),
    ...(Object.keys(matNames).length > 0 ? { matNames } : {}),
  };
}

/** Whether anything was chosen. */
export const choosesAny = (choices: ReadChoices) => Object.keys(choices).length > 0;

function delimiterOf(text: string): Delimiter {
  if (Object.hasOwn(SIGNS, text)) return SIGNS[text];
  if (Object.hasOwn(DELIMITERS, text)) return text as Delimiter;
  throw new InputError(
    `--delimiter cannot be ${quote(text)}: it must be one of ${Object.keys(DELIMITERS).join(', ')}.`,
  );
}

function selfLoopsOf(text: string): SelfLoops {
  const found = SELF_LOOPS.find((each) => each === text);
  if (found) return found;
  throw new InputError(`--self-loops cannot be ${quote(text)}: it must be keep or drop.`);
}

function isHeader(text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new InputError(`--header cannot be ${quote(text)}: it must be yes or no.`);
}

function parseColumns(text: string): { file?: string; chosen: [column: string, role: Role | MatRole][] } {
  const [, file, list] = /^(?:([^:=]+):)?(.*)$/s.exec(text) as RegExpExecArray;
  const chosen = list.split(',').map((part): [string, Role | MatRole] => {
    const at = part.lastIndexOf('=');
    const [column, role] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (at < 0 || column === '') {
      throw new InputError(`--columns ${quote(text)}: ${quote(part)} is no COLUMN=ROLE; write [FILE:]COLUMN=ROLE,….`);
    }
    if (isMatRole(role) || TABLE_ROLES.includes(role as Role)) return [column, role as Role | MatRole];
    const near = nearest(role, [...TABLE_ROLES, ...MAT_ROLES]);
    const advice = near
      ? `did you mean ${near}?`
      : `use ${TABLE_ROLES.join(', ')}, or of MATLAB ${MAT_ROLES.join(', ')}.`;
    throw new InputError(`--columns ${quote(text)}: there is no role ${quote(role)}: ${advice}`);
  });
  return { ...(file === undefined ? {} : { file }), chosen };
}

const isMatRole = (role: string): role is MatRole => (MAT_ROLES as readonly string[]).includes(role);

/** Digits are a column's number, from 1; all else is its name. */
function numbered(column: string): string | number {
  return /^\d{1,6}$/.test(column) ? Number(column) - 1 : column;
}
