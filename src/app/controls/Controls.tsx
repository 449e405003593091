import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { diffConfigs } from '../../config/describe.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../config/presets.ts';
import { CONFIG_KEYS, type ConfigKey, entryOf } from '../../config/schema.ts';
import { Help } from '../glossary/Help.tsx';
import { budgetsOf, isBudget } from '../memory/budgets.ts';
import { resetConfig, setPreset } from '../state/planActions.ts';
import { isActive } from '../state/run.ts';
import { presetConfig, usePage } from '../state/store.ts';
import classes from './Controls.module.css';
import { Field } from './Field.tsx';
import { SECTIONS } from './labels.ts';

/** Every hyperparameter, grouped; a few at first, the rest one click away. */
export function Controls() {
  const config = usePage((state) => state.config);
  const preset = usePage((state) => state.preset);
  const fitted = usePage((state) => state.forecast?.fitted);
  const running = usePage((state) => isActive(state.run));
  const [all, setAll] = useState(false);
  const base = presetConfig(preset);
  const changes = diffConfigs(base, { ...config, ...budgetsOf(base) }).length;
  const read = (key: ConfigKey) => entryOf(key).kinds?.includes(config['model.kind']) ?? true;
  const shown = CONFIG_KEYS.filter((key) => !isBudget(key) && read(key) && (all || entryOf(key).shown));
  return (
    <section className={classes.controls} aria-label="Settings">
      <div className={classes.preset}>
        <label htmlFor="preset">preset</label>
        <Help about="a preset">
          A named protocol with a value for every setting. {PRESETS[preset].help} A link stores the preset and what
          differs from it.
        </Help>
        <NativeSelect
          id="preset"
          size="xs"
          data={[...PRESET_NAMES]}
          value={preset}
          onChange={(event) => setPreset(event.currentTarget.value as PresetName)}
        />
      </div>
      {SECTIONS.map(({ title, groups }) => {
        const keys = shown.filter((key) => groups.includes(entryOf(key).group));
        if (keys.length === 0) return null;
        return (
          <fieldset key={title} className={classes.section}>
            <legend>{title}</legend>
            {keys.map((key) => (
              <Field
                key={key}
                name={key}
                value={config[key]}
                preset={base[key]}
                running={running}
                fitted={fitted?.[key]}
              />
            ))}
          </fieldset>
        );
      })}
      <div className={classes.foot}>
        <Button size="compact-xs" variant="default" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? 'Fewer settings' : 'All settings'}
        </Button>
        <Button size="compact-xs" variant="subtle" disabled={changes === 0} onClick={resetConfig}>
          {changes === 0 ? 'As the preset' : `Reset ${changes} change${changes > 1 ? 's' : ''}`}
        </Button>
      </div>
    </section>
  );
}
