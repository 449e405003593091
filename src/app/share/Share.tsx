import { Button, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import { isActive } from '../state/run.ts';
import { tellError, usePage } from '../state/store.ts';
import classes from './Share.module.css';

/** A link that is the experiment: settings, what was changed by hand, result, hash of the exact curve, device. */
export function Share() {
  const run = usePage((state) => state.run);
  const kept = usePage((state) => state.kept.findLast(({ id }) => id === state.run?.id) ?? null);
  const [link, setLink] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const ready = kept !== null && !isActive(run);
  const make = async () => {
    if (!kept) return;
    try {
      const { encodeRun } = await import('../../run/sealedRun.ts');
      const text = `${location.href.replace(/#.*/, '')}${await encodeRun(kept.record, kept.catalogueId)}`;
      setLink(text);
      // A page without the permission shows the link to be copied by hand.
      setCopied(
        await navigator.clipboard.writeText(text).then(
          () => true,
          () => false,
        ),
      );
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <Popover
      opened={link !== null}
      onChange={(open) => !open && setLink(null)}
      width={360}
      position="bottom-end"
      withArrow
      trapFocus
    >
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          disabled={!ready}
          title={ready ? 'A link that carries this run' : 'Train first: a link carries a result'}
          onClick={() => void make()}
        >
          Share
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.share}>
          <p>
            {copied ? 'Copied.' : 'Copy this link:'} It carries the settings, the result, the hash of the exact curve
            and the device, and whoever opens it can run it again.
            {kept?.catalogueId === null && ' Of your graph it carries counts and a fingerprint, never names or data.'}
          </p>
          <TextInput
            size="xs"
            readOnly
            value={link ?? ''}
            aria-label="Link"
            onFocus={(event) => event.currentTarget.select()}
          />
          <p>{link?.length ?? 0} characters.</p>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
