import { ActionIcon, Switch } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { set } from '../state/store.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './KeySheet.module.css';
import { KEYS_INSIDE, keysAreOn, SHORTCUTS, switchKeys } from './shortcuts.ts';

/** All keys, and a switch for those of a single letter. */
export function KeySheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(keysAreOn);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className={classes.sheet} aria-label="Keys" onClose={() => set({ guide: null })}>
      <div className={classes.head}>
        <h2>Keys</h2>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label="Close the keys"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </ActionIcon>
      </div>
      <Switch
        size="xs"
        label="Single keys, wherever the focus is"
        checked={on}
        onChange={({ currentTarget }) => {
          setOn(currentTarget.checked);
          switchKeys(currentTarget.checked);
        }}
      />
      <dl className={classes.keys} data-off={!on || undefined}>
        {SHORTCUTS.filter(({ what }) => what !== '').map(({ key, what }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <h3>Where the focus is</h3>
      <dl className={classes.keys}>
        {KEYS_INSIDE.map(({ where, keys, what }) => (
          <div key={`${where} ${keys}`}>
            <dt>
              {where}:
              {keys.split(', ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
