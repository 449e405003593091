import { NativeSelect } from '@mantine/core';
import type { OrderingName } from '../../worker/protocol.ts';
import classes from './OrderOfRows.module.css';

/** How the rows of a kept graph lie, in a few words; null where they lie as they came. */
export const ORDER_NAMES: Readonly<Record<OrderingName, string | null>> = {
  none: null,
  degree: 'by degree',
  cluster: 'by cluster',
};

const CHOICES: Readonly<Record<OrderingName, string>> = {
  none: 'as they come',
  degree: 'by degree: what is drawn most often first',
  cluster: 'by cluster: common neighbours side by side',
};

interface OrderOfRowsProps {
  readonly value: OrderingName;
  readonly onChange: (ordering: OrderingName) => void;
}

/** For a graph that stays on disk: in which order its rows are to lie there. */
export function OrderOfRows({ value, onChange }: OrderOfRowsProps) {
  return (
    <NativeSelect
      size="xs"
      className={classes.order}
      classNames={{ description: classes.help }}
      label="Order of rows on disk"
      description="The same curves, bit for bit. In an order, a batch may read fewer bytes from disk; storing takes longer."
      inputWrapperOrder={['label', 'input', 'description']}
      value={value}
      data={Object.entries(CHOICES).map(([value, label]) => ({ value, label }))}
      onChange={({ currentTarget }) => onChange(currentTarget.value as OrderingName)}
    />
  );
}
