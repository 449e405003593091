import { Button, TextInput } from '@mantine/core';
import { lazy, Suspense, useRef, useState } from 'react';
import { addressWith } from '../state/address.ts';
import { isActive } from '../state/run.ts';
import { tellError, usePage } from '../state/store.ts';
import { Popover } from '../theme/Popover.tsx';
import { copyText } from './copyText.ts';
import classes from './Share.module.css';

const PygButtons = lazy(async () => ({ default: (await import('./PygButtons.tsx')).PygButtons }));

/** A link that is the experiment: settings, what was changed by hand, result, hash of the exact curve, device. */
export function Share() {
  const run = usePage((state) => state.run);
  const kept = usePage((state) => state.kept.findLast(({ id }) => id === state.run?.id) ?? null);
  const url = usePage(({ graph }) => (graph && graph.id === kept?.datasetId ? graph.url : null));
  const [link, setLink] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const ready = kept !== null && !isActive(run);
  const make = async () => {
    if (!kept) return;
    try {
      const { encodeRun } = await import('../../run/sealedRun.ts');
      const text = addressWith(await encodeRun(kept.record, kept.catalogueId, url));
      setLink(text);
      // A page without the permission shows the link to be copied by hand.
      setCopied(await copyText(text));
      popover.current?.showPopover({ source: button.current ?? undefined });
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <Popover
      ref={popover}
      label="Share"
      width={360}
      onClose={() => setLink(null)}
      button={() => (
        <Button
          ref={button}
          data-tour="share"
          size="compact-sm"
          variant="default"
          disabled={!ready}
          title={ready ? 'A link that carries this run' : 'Train first: a link carries a result'}
          onClick={() => void make()}
        >
          Share
        </Button>
      )}
    >
      <div className={classes.share}>
        <p>
          {copied ? 'Copied.' : 'Copy this link:'} It carries the settings, the result, the hash of the exact curve and
          the device, and whoever opens it can run it again.
          {kept?.catalogueId === null && ' Of your graph it carries counts and a fingerprint, never names or data.'}
          {url !== null &&
            link?.includes('&data=') &&
            ` It names the address that the graph was fetched from, on ${new URL(url).host}.`}
        </p>
        <TextInput
          size="xs"
          readOnly
          data-autofocus
          value={link ?? ''}
          aria-label="Link"
          onFocus={(event) => event.currentTarget.select()}
        />
        <p>{link?.length ?? 0} characters.</p>
        <Suspense>{kept && <PygButtons run={kept} />}</Suspense>
      </div>
    </Popover>
  );
}
