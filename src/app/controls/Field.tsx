import { NativeSelect, Switch, TextInput, UnstyledButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { formatValue, sameValue } from '../../config/describe.ts';
import { describeRange, parseValue } from '../../config/parse.ts';
import { type Config, type ConfigKey, entryOf } from '../../config/schema.ts';
import { Help } from '../glossary/Help.tsx';
import { setValue } from '../state/planActions.ts';
import classes from './Field.module.css';
import { labelOf } from './labels.ts';

interface FieldProps<K extends ConfigKey> {
  readonly name: K;
  readonly value: Config[K];
  /** What the preset says. */
  readonly preset: Config[K];
  /** A run is going on: what is not live takes effect with the next one. */
  readonly running: boolean;
  /** What the fitter made of it; undefined where it kept it. */
  readonly fitted?: Config[K];
}

/** One hyperparameter, its control made from the schema. */
export function Field<K extends ConfigKey>({ name, value, preset, running, fitted }: FieldProps<K>) {
  const entry = entryOf(name);
  const label = labelOf(name);
  const changed = !sameValue(value, preset);
  const id = `field-${name}`;
  return (
    <div className={classes.field} data-changed={changed || undefined}>
      <div className={classes.label}>
        <label htmlFor={id}>{label}</label>
        <Help about={label}>
          <p className={classes.help}>{entry.help}</p>
          <p className={classes.range}>
            <code>{name}</code>: {describeRange(name)}
            {entry.unit ? ` (${entry.unit})` : ''}. Here: {formatValue(name, preset)}.
            {entry.live ? ' Changes while a run goes on.' : ' Takes effect with the next run.'}
          </p>
        </Help>
        {changed && (
          <UnstyledButton
            className={classes.reset}
            aria-label={`Reset ${label} to ${formatValue(name, preset)}`}
            title={`Reset to ${formatValue(name, preset)}`}
            onClick={() => setValue(name, preset)}
          >
            ↺
          </UnstyledButton>
        )}
      </div>
      <Control id={id} name={name} value={value} />
      {fitted !== undefined && <p className={classes.note}>runs with {formatValue(name, fitted)} to fit the memory</p>}
      {running && !entry.live && changed && <p className={classes.note}>with the next run</p>}
    </div>
  );
}

function Control({ id, name, value }: { id: string; name: ConfigKey; value: Config[ConfigKey] }) {
  const entry = entryOf(name);
  switch (entry.type) {
    case 'boolean':
      return (
        <Switch id={id} size="xs" checked={value === true} onChange={(e) => setValue(name, e.currentTarget.checked)} />
      );
    case 'enum':
      return (
        <NativeSelect
          id={id}
          size="xs"
          data={[...entry.values]}
          value={String(value)}
          onChange={(e) => setValue(name, e.currentTarget.value as 'gcn')}
        />
      );
    default:
      return <NumbersInput id={id} name={name} value={value} />;
  }
}

/** Text that is taken over when it is left or Enter is pressed, and only if the schema accepts it. */
function NumbersInput({ id, name, value }: { id: string; name: ConfigKey; value: Config[ConfigKey] }) {
  const shown = formatValue(name, value);
  const [text, setText] = useState(shown);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setText(shown);
    setError(null);
  }, [shown]);
  const commit = () => {
    if (text.trim() === shown) {
      setText(shown);
      setError(null);
      return;
    }
    try {
      const parsed = parseValue(name, text.trim());
      setError(null);
      setValue(name, parsed);
    } catch (refused) {
      setError((refused as Error).message);
    }
  };
  return (
    <TextInput
      id={id}
      size="xs"
      value={text}
      error={error}
      spellCheck={false}
      autoComplete="off"
      onChange={(e) => setText(e.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(e) => {
        if (e.key === 'Enter') commit();
        if (e.key === 'Escape') {
          setText(shown);
          setError(null);
        }
      }}
    />
  );
}
