import { useElementSize } from '@mantine/hooks';
import type { Figure, Unit } from '../../run/benchResult.ts';
import { linearAxis, logAxis } from './axis.ts';
import classes from './Bench.module.css';
import { formatTick } from './benchText.ts';

export interface Line {
  readonly key: string;
  readonly color: string;
  readonly points: readonly { readonly name: string; readonly memory: Figure; readonly value: Figure }[];
}

interface AgainstMemoryProps {
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
}

const HEIGHT = 220;
const MARGIN = { left: 52, right: 24, top: 20, bottom: 30 };

/** What something comes to in so much memory: a point for each budget, with its interval. */
export function AgainstMemory({ title, unit, lines }: AgainstMemoryProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return null;
  const across = logAxis(points.map(({ memory }) => memory.median));
  const values = points.flatMap(({ value }) => [value.lo, value.hi]);
  const up = unit === 'fraction' ? linearAxis(values, false) : logAxis(values);
  const [plotWidth, plotHeight] = [width - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const x = (bytes: number) => MARGIN.left + plotWidth * across.at(bytes);
  const y = (value: number) => MARGIN.top + plotHeight * (1 - up.at(value));
  return (
    <div ref={ref} className={classes.figure} role="img" aria-label={`${title}; the numbers are in the table`}>
      <p className={classes.caption}>{title}</p>
      {plotWidth > 0 && (
        <svg width={width} height={HEIGHT} className={classes.plot} aria-hidden="true">
          {up.ticks.map((tick) => (
            <g key={tick}>
              <path d={`M${MARGIN.left} ${y(tick)}h${plotWidth}`} />
              <text x={MARGIN.left - 6} y={y(tick) + 3} textAnchor="end">
                {formatTick(unit, tick)}
              </text>
            </g>
          ))}
          {across.ticks.map((tick) => (
            <g key={tick}>
              <path d={`M${x(tick)} ${MARGIN.top}v${plotHeight}`} />
              <text x={x(tick)} y={HEIGHT - 14} textAnchor="middle">
                {formatTick('bytes', tick)}
              </text>
            </g>
          ))}
          <text x={MARGIN.left + plotWidth / 2} y={HEIGHT - 1} textAnchor="middle">
            memory of the plan
          </text>
          {lines.map((line) => (
            <g key={line.key} style={{ color: line.color }}>
              <polyline
                points={line.points.map(({ memory, value }) => `${x(memory.median)},${y(value.median)}`).join(' ')}
              />
              {line.points.map(({ name, memory, value }) => (
                <g key={name}>
                  <path className={classes.interval} d={`M${x(memory.median)} ${y(value.lo)}V${y(value.hi)}`} />
                  <circle cx={x(memory.median)} cy={y(value.median)} r={4} />
                  <text x={x(memory.median)} y={y(value.hi) - 7} textAnchor="middle">
                    {name}
                  </text>
                </g>
              ))}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
