import type { Series } from './series.ts';

/** The points of a chart, all of them, as rows: a column of epochs and one of each series, the names first; NaN where one has none. */
export function chartRows(series: readonly Series[]): (string | number)[][] {
  const columns = series.flatMap(({ name, x, y, band }) => [
    { name, x, y },
    ...(band
      ? [
          { name: `${name}, low`, x, y: band.low },
          { name: `${name}, high`, x, y: band.high },
        ]
      : []),
  ]);
  const values = columns.map(({ x, y }) => new Map(x.map((epoch, i) => [epoch, y[i]])));
  const epochs = [...new Set(series.flatMap(({ x }) => [...x]))].sort((a, b) => a - b);
  return [
    ['epoch', ...columns.map(({ name }) => name)],
    ...epochs.map((epoch) => [epoch, ...values.map((column) => column.get(epoch) ?? Number.NaN)]),
  ];
}
