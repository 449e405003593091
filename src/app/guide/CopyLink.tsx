import { Button } from '@mantine/core';
import { useState } from 'react';
import { copyText } from '../share/copyText.ts';
import { addressWith } from '../state/address.ts';
import { tell } from '../state/store.ts';

/** Copies an address of this page with another hash. */
export function CopyLink({ hash }: { hash: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const address = addressWith(hash);
    if (!(await copyText(address))) return tell('info', `This browser does not let pages copy: the link is ${address}`);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <Button size="compact-xs" variant="subtle" onClick={() => void copy()}>
      {copied ? 'Copied' : 'Copy link'}
    </Button>
  );
}
