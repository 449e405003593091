/** What the schema says of a hyperparameter. */

export type Group = 'model' | 'data' | 'task' | 'training' | 'sampling' | 'evaluation' | 'memory' | 'compute';

interface Common {
  readonly group: Group;
  /** One line, a full sentence without jargon where the field has a plain word. */
  readonly help: string;
  /** What the number counts; `bytes` also accepts suffixes in text (512MB, 2GiB). */
  readonly unit?: 'bytes' | 'nodes' | 'epochs' | 'batches' | 'workers' | 'neighbours';
  /** May change while training runs; everything else takes effect with the next run. */
  readonly live: boolean;
  /** Kinds of model that read it; all of them where it is left out. */
  readonly kinds?: readonly string[];
  /** Says where things lie on this device, not what is computed: a link does not carry it. */
  readonly local?: true;
  /** Among the few controls that a form shows at first. */
  readonly shown: boolean;
}

interface Ranged extends Common {
  readonly min: number;
  readonly max: number;
}

export interface NumberEntry extends Ranged {
  readonly type: 'integer' | 'number';
  readonly default: number;
}

export interface BooleanEntry extends Common {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface EnumEntry extends Common {
  readonly type: 'enum';
  readonly values: readonly string[];
  readonly default: string;
}

/** A list of at most `maxLength` integers, each from min to max; of at least one where it may not be empty. */
export interface IntegersEntry extends Ranged {
  readonly type: 'integers';
  readonly default: readonly number[];
  readonly maxLength: number;
  readonly mayBeEmpty?: true;
}

export type Entry = NumberEntry | BooleanEntry | EnumEntry | IntegersEntry;
