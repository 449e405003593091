import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DatasetEntry, OrderingName } from '../../worker/protocol.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import { OrderOfRows } from './OrderOfRows.tsx';

interface GenerateProps {
  readonly entry: DatasetEntry;
  readonly onGenerate: (ordering: OrderingName) => void;
}

/** What making a shape takes, and how it is to be kept. */
export function Generate({ entry, onGenerate }: GenerateProps) {
  const [ordering, setOrdering] = useState<OrderingName>('none');
  const { title, nodes, edges, features, classes, bytes, makingBytes } = entry;
  const making = makingBytes?.[ordering] ?? 0;
  const more = making > (bytes ?? 0) ? `, ${formatBytes(making)} while it is made` : '';
  return (
    <>
      <p>
        {formatCount(nodes)} nodes, {formatCount(edges)} edges, {formatCount(features)} features, {formatCount(classes)}{' '}
        classes. Made here once and kept in this browser: up to {formatBytes(bytes ?? 0)} on disk{more}.
      </p>
      <OrderOfRows value={ordering} onChange={setOrdering} />
      <Button mt={10} size="compact-sm" onClick={() => onGenerate(ordering)} data-autofocus>
        Generate {title}
      </Button>
    </>
  );
}
