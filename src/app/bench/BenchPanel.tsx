import { useEffect } from 'react';
import { readBenchmarks } from '../state/benchmarkActions.ts';
import { tellError, usePage } from '../state/store.ts';
import classes from './Bench.module.css';
import { BenchForm } from './BenchForm.tsx';
import { Drawn } from './Drawn.tsx';
import { ResultsTable } from './ResultsTable.tsx';

/** Suites on this device, and their results beside those of others. */
export function BenchPanel() {
  const suite = usePage((state) => state.suite);
  const benchmarks = usePage((state) => state.benchmarks);
  const drawn = usePage((state) => state.drawnBenchmarks);
  useEffect(() => void readBenchmarks().catch(tellError), []);
  const shown = benchmarks?.filter(({ id, result }) => drawn.includes(id) && result.suite === suite) ?? [];
  return (
    <div className={classes.panel}>
      <BenchForm />
      {shown.length > 0 && <Drawn suite={suite} list={shown} />}
      {benchmarks && <ResultsTable list={benchmarks} />}
    </div>
  );
}
