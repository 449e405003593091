import { ActionIcon } from '@mantine/core';
import { Icon } from '../theme/Icon.tsx';
import { csvText } from './csv.ts';
import { saveText } from './saveFile.ts';

interface CsvButtonProps {
  /** What the table is, in lower case. */
  readonly about: string;
  /** Of the file, without its ending. */
  readonly name: string;
  readonly rows: () => readonly (readonly (string | number)[])[];
}

export function CsvButton({ about, name, rows }: CsvButtonProps) {
  const label = `Download the ${about} as CSV`;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-label={label}
      title={label}
      onClick={() => saveText(`${name}.csv`, csvText(rows()), 'text/csv')}
    >
      <Icon name="down" />
    </ActionIcon>
  );
}
