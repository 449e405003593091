import { ActionIcon, Button } from '@mantine/core';
import { useRef } from 'react';
import { tellError } from '../state/store.ts';
import { Icon } from '../theme/Icon.tsx';
import { Popover } from '../theme/Popover.tsx';
import classes from './ChartDownloads.module.css';
import { FORMATS, type NamedChart, saveChart } from './saveChart.ts';

/** A chart as a picture or as a table. */
export function ChartDownloads({ chart }: { readonly chart: NamedChart }) {
  const popover = useRef<HTMLDivElement>(null);
  const label = `Save the ${chart.title.toLowerCase()} chart`;
  return (
    <Popover
      ref={popover}
      label={label}
      width={230}
      button={(opens) => (
        <ActionIcon variant="subtle" color="gray" size="xs" aria-label={label} title={label} {...opens}>
          <Icon name="down" />
        </ActionIcon>
      )}
    >
      <div className={classes.formats}>
        {FORMATS.map(({ format, name }) => (
          <Button
            key={format}
            size="compact-xs"
            variant="default"
            onClick={() => {
              popover.current?.hidePopover();
              saveChart(chart, format).catch(tellError);
            }}
          >
            {name}
          </Button>
        ))}
      </div>
    </Popover>
  );
}
