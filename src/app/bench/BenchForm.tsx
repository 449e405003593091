import { Button, Progress, SegmentedControl, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { BENCH_SUITES, type BenchSuite, MOST_REPETITIONS, SUITE_NAMES, WARM_UP } from '../../run/benchResult.ts';
import type { RunRecord } from '../../run/record.ts';
import { median } from '../runs/median.ts';
import { cancelBenchmark, runBenchmark } from '../state/benchmarkActions.ts';
import { type GoingBenchmark, isBusy, set, usePage } from '../state/store.ts';
import { formatCount } from '../theme/format.ts';
import classes from './Bench.module.css';

/** Which suite, how often, what that means and about how long it takes; and, while one goes on, how far it is. */
export function BenchForm() {
  const suite = usePage((state) => state.suite);
  const going = usePage((state) => state.benchmark);
  // Kept here, because the fields are not there while a benchmark goes on.
  const [typed, setTyped] = useState<Partial<Record<BenchSuite, Typed>>>({});
  return (
    <section className={classes.form} aria-label="Run a benchmark">
      <SegmentedControl
        size="xs"
        aria-label="Suite"
        value={suite}
        disabled={going !== null}
        onChange={(value) => set({ suite: value as BenchSuite })}
        data={SUITE_NAMES.map((name) => ({ value: name, label: BENCH_SUITES[name].title }))}
      />
      <p className={classes.about}>{BENCH_SUITES[suite].about}</p>
      {going ? (
        <Going going={going} />
      ) : (
        <Ask suite={suite} typed={typed[suite] ?? {}} onType={(next) => setTyped({ ...typed, [suite]: next })} />
      )}
    </section>
  );
}

/** What was typed into the fields, right or wrong. */
interface Typed {
  readonly epochs?: string;
  readonly repetitions?: string;
}

interface AskProps {
  readonly suite: BenchSuite;
  readonly typed: Typed;
  onType(typed: Typed): void;
}

function Ask({ suite, typed, onType }: AskProps) {
  const { epochs: usual, repetitions: times, trains, parts } = BENCH_SUITES[suite];
  const config = usePage((state) => state.config);
  const graph = usePage((state) => state.graph);
  const ready = usePage((state) => state.device !== null && (!trains || state.graph !== null) && !isBusy(state));
  const repetitions = typed.repetitions ?? String(times);
  const least = suite === 'ladder' ? WARM_UP + 1 : 2;
  const eachText = typed.epochs ?? String(usual ?? config['training.epochs']);
  const each = whole(eachText, least, 1_000_000);
  const often = whole(repetitions, 1, MOST_REPETITIONS);
  // What is known of the time comes from the last run of such a model on this graph and device.
  const like = usePage((state) =>
    state.kept.findLast(
      ({ datasetId, record }) =>
        datasetId === state.graph?.id &&
        record.config['model.kind'] === state.config['model.kind'] &&
        record.device.description === state.device?.info.description,
    ),
  );
  const run = () => {
    if (each === null || often === null) return;
    void runBenchmark({ suite, config: { ...config, 'training.epochs': each }, repetitions: often });
  };
  return (
    <>
      <div className={classes.fields}>
        {trains && (
          <Count
            label="epochs of each run"
            value={eachText}
            wrong={each === null && `a whole number from ${least}`}
            onChange={(epochs) => onType({ ...typed, epochs })}
          />
        )}
        <Count
          label={trains ? 'repetitions' : 'times each'}
          value={repetitions}
          wrong={often === null && `1 to ${MOST_REPETITIONS}`}
          onChange={(repetitions) => onType({ ...typed, repetitions })}
        />
        <Button size="compact-sm" disabled={!ready || each === null || often === null} onClick={run}>
          Run the benchmark
        </Button>
      </div>
      {each !== null && often !== null && (
        <p className={classes.dim}>
          {trains
            ? `${parts} runs of ${formatCount(each)} epochs, ${often === 1 ? 'once' : `${often} times in turns`}, of ` +
              `${config['model.kind'].toUpperCase()} on ${graph?.info.name ?? 'the graph'}.`
            : `${parts} kernels, each timed ${often} times in turns with a copy.`}
          {suite === 'ladder' && ` The first ${WARM_UP} epochs of each run warm up.`}{' '}
          {trains && like
            ? `At least ${duration(epochMs(like.record) * parts * each * often)}, going by run ${like.id}.`
            : 'About how long it takes is told once it has begun.'}
        </p>
      )}
    </>
  );
}

interface CountProps {
  readonly label: string;
  readonly value: string;
  /** What is wanted instead. */
  readonly wrong: string | false;
  onChange(value: string): void;
}

function Count({ label, value, wrong, onChange }: CountProps) {
  return (
    <TextInput
      size="xs"
      label={label}
      value={value}
      inputMode="numeric"
      error={wrong}
      className={classes.count}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

const epochMs = ({ epochs }: RunRecord) => median(epochs.map(({ ms, evalMs }) => ms + evalMs));

function whole(text: string, least: number, most: number): number | null {
  const value = Number(text.trim() || Number.NaN);
  return Number.isInteger(value) && value >= least && value <= most ? value : null;
}

function Going({ going }: { readonly going: GoingBenchmark }) {
  const { begun, done, total, doing } = going;
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const share = total > 0 ? done / total : 0;
  const left = share > 0 ? ((performance.now() - begun) * (1 - share)) / share : null;
  return (
    <>
      <div className={classes.fields}>
        <Progress className={classes.progress} value={100 * share} aria-label="How much of the benchmark is done" />
        <Button size="compact-sm" variant="default" onClick={cancelBenchmark}>
          Cancel
        </Button>
      </div>
      <p className={classes.dim} role="status">
        {doing || 'Getting ready'}
        {left !== null && `, about ${duration(left)} left`}
      </p>
    </>
  );
}

/** `40 s`, `3 min`: what is only known roughly. */
function duration(ms: number): string {
  if (ms < 1000) return 'a second';
  if (ms < 90_000) return `${Math.round(ms / 1000)}\u00a0s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)}\u00a0min` : `${(ms / 3_600_000).toFixed(1)}\u00a0h`;
}
