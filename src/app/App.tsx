import { ActionIcon, Tabs, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';
import classes from './App.module.css';
import { AccuracyChart, LossChart, MemoryChart, TimeChart } from './Curves.tsx';
import { loadPlotly, quiet } from './charts/loadPlotly.ts';
import { Controls } from './controls/Controls.tsx';
import { DatasetPanel } from './dataset/DatasetPanel.tsx';
import { DropZone } from './dataset/DropZone.tsx';
import { DeviceBadge } from './device/DeviceBadge.tsx';
import { GraphPanel } from './graph/GraphPanel.tsx';
import { LearnButton } from './guide/LearnButton.tsx';
import { TourOffer } from './guide/TourOffer.tsx';
import { MemoryPlan } from './memory/MemoryPlan.tsx';
import { Speed } from './memory/Speed.tsx';
import { NoRuns } from './runs/NoRuns.tsx';
import { Share } from './share/Share.tsx';
import { pin, unpin } from './state/inspectActions.ts';
import { setValue } from './state/planActions.ts';
import { isActive, shownPredictions } from './state/run.ts';
import { set, tellError, usePage } from './state/store.ts';
import { Icon } from './theme/Icon.tsx';
import { Transport } from './transport/Transport.tsx';
import { Worth } from './transport/Worth.tsx';

// What a first visit does not show is loaded when it is opened.
const ChunkAccesses = lazy(async () => ({ default: (await import('./chunks/ChunkAccesses.tsx')).ChunkAccesses }));
const Batch = lazy(async () => ({ default: (await import('./inspect/batch/Batch.tsx')).Batch }));
const BenchPanel = lazy(async () => ({ default: (await import('./bench/BenchPanel.tsx')).BenchPanel }));
const DeveloperPanel = lazy(async () => ({ default: (await import('./device/DeveloperPanel.tsx')).DeveloperPanel }));
const Guide = lazy(async () => ({ default: (await import('./guide/Guide.tsx')).Guide }));
const Lesson = lazy(async () => ({ default: (await import('./guide/Lesson.tsx')).Lesson }));
const InterruptedRuns = lazy(async () => ({ default: (await import('./runs/InterruptedRuns.tsx')).InterruptedRuns }));
const Embeddings = lazy(async () => ({ default: (await import('./embeddings/Embeddings.tsx')).Embeddings }));
const NodeCard = lazy(async () => ({ default: (await import('./inspect/NodeCard.tsx')).NodeCard }));
const Predictions = lazy(async () => ({ default: (await import('./inspect/Predictions.tsx')).Predictions }));
const Preview = lazy(async () => ({ default: (await import('./dataset/Preview.tsx')).Preview }));
const RunsPanel = lazy(async () => ({ default: (await import('./runs/RunsPanel.tsx')).RunsPanel }));
const SharedRun = lazy(async () => ({ default: (await import('./share/SharedRun.tsx')).SharedRun }));
const Waiting = lazy(async () => ({ default: (await import('./transport/Waiting.tsx')).Waiting }));

/** The page: the graph and its curves on top, the memory plan below, everything else around them. */
export function App() {
  // Before anybody presses Train, if there is time.
  useEffect(() => void loadPlotly(), []);
  return (
    <div className={classes.page}>
      <DropZone />
      <header className={classes.header}>
        <h1>Edgewise</h1>
        <p className={classes.tagline}>graph neural networks on your own GPU</p>
        <div className={classes.right}>
          <DeviceBadge />
          <LearnButton />
          <Share />
          <SchemeButton />
        </div>
      </header>
      <TourOffer />
      <NoticeLine />
      <Previewed />
      <Resumable />
      <Banner />
      <Guided />
      <main className={classes.main}>
        <aside className={classes.side}>
          <DatasetPanel />
          <Controls />
        </aside>
        <div className={classes.stage}>
          <Transport />
          <Worth />
          <div className={classes.upper}>
            <Graph />
            <div className={classes.curves}>
              <AccuracyChart />
              <LossChart />
            </div>
          </div>
          <Pinned />
          <Memory />
          <Speed />
          <Lower />
        </div>
      </main>
    </div>
  );
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  // Where the browser decides, what it has decided.
  const dark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="default"
      aria-label={dark ? 'Use the light theme' : 'Use the dark theme'}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      <Icon name={dark ? 'sun' : 'moon'} />
    </ActionIcon>
  );
}

/** Its code comes with the first files that are dropped. */
function Previewed() {
  const shown = usePage((state) => state.preview !== null);
  return <Suspense>{shown && <Preview />}</Suspense>;
}

/** Runs of earlier visits that were cut short. */
function Resumable() {
  const shown = usePage(({ interrupted }) => interrupted.length > 0);
  return <Suspense>{shown && <InterruptedRuns />}</Suspense>;
}

/** A run that came by a link, or the graph that a link asks for; most visits have neither. */
function Banner() {
  const shown = usePage(({ shared, wanted }) => shared !== null || wanted !== null);
  return <Suspense>{shown && <SharedRun />}</Suspense>;
}

/** A lesson that is open, and what lies over the page to explain it. */
function Guided() {
  const lesson = usePage((state) => state.lesson !== null);
  const guide = usePage((state) => state.guide !== null);
  return (
    <Suspense>
      {lesson && <Lesson />}
      {guide && <Guide />}
    </Suspense>
  );
}

/** One sentence about what just went wrong, or what to do; it stays until it is closed. */
function NoticeLine() {
  const notice = usePage((state) => state.notice);
  if (!notice) return null;
  return (
    <div className={classes.notice} data-kind={notice.kind} role="alert">
      <p>{notice.text}</p>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label="Close this message"
        onClick={() => set({ notice: null })}
      >
        <Icon name="close" />
      </ActionIcon>
    </div>
  );
}

function Graph() {
  const graph = usePage((state) => state.graph);
  const progress = usePage((state) => state.progress);
  const predictions = usePage(shownPredictions);
  const split = usePage((state) => state.config['data.split']);
  const marked = usePage((state) => state.marked);
  const pinned = usePage((state) => state.pinned?.node ?? null);
  return (
    <GraphPanel
      graph={graph}
      predictions={predictions}
      split={split}
      progress={progress}
      marked={marked}
      pinned={pinned}
      onPin={pinOrLetGo}
    />
  );
}

function pinOrLetGo(node: number | null): void {
  if (node === null) unpin();
  else pin(node).catch(tellError);
}

function Pinned() {
  const shown = usePage((state) => state.pinned !== null);
  return <Suspense>{shown && <NodeCard />}</Suspense>;
}

function Memory() {
  const planned = usePage((state) => state.forecast);
  const run = usePage((state) => state.run);
  const refusal = usePage((state) => state.refusal);
  const config = usePage((state) => state.config);
  const fullBatchBytes = usePage((state) => state.unlimitedBytes);
  const device = usePage((state) => state.device);
  const active = isActive(run);
  const lastPeak = usePage((state) => state.kept.find(({ id }) => id === state.run?.id)?.record.memory.peak ?? null);
  return (
    <MemoryPlan
      forecast={active ? (run.forecast ?? planned) : planned}
      refusal={active ? null : refusal}
      memory={active ? run.memory : null}
      peak={active ? run.memory && run.peak : lastPeak}
      locked={active ? 'The run that goes on keeps its plan: stop it to move the budget.' : null}
      running={active && run.status === 'running'}
      budgets={config}
      onBudget={setValue}
      fullBatchBytes={fullBatchBytes}
      software={device?.info.software ?? false}
      backend={device?.info.backend ?? 'webgpu'}
    />
  );
}

const RUNS_MS = 30_000;

/** Nothing is there to be looked at before the first run: until then its code waits for a quiet moment, though not as long as a long run takes. */
function Runs() {
  const some = usePage(({ kept }) => kept.length > 0);
  const [calm, setCalm] = useState(false);
  useEffect(() => {
    const come = () => setCalm(true);
    const timer = setTimeout(come, RUNS_MS);
    void quiet().then(come);
    return () => clearTimeout(timer);
  }, []);
  return <Suspense fallback={<NoRuns />}>{some || calm ? <RunsPanel /> : <NoRuns />}</Suspense>;
}

function Lower() {
  const runs = usePage((state) => state.kept.length);
  const tab = usePage((state) => state.tab);
  return (
    <Tabs value={tab} onChange={(value) => set({ tab: value ?? 'runs' })} keepMounted={false} className={classes.lower}>
      <Tabs.List>
        <Tabs.Tab value="runs">Runs {runs > 0 ? `(${runs})` : ''}</Tabs.Tab>
        <Tabs.Tab value="predictions">Predictions</Tabs.Tab>
        <Tabs.Tab value="embeddings">Embeddings</Tabs.Tab>
        <Tabs.Tab value="batch">Batch</Tabs.Tab>
        <Tabs.Tab value="time">Time and memory</Tabs.Tab>
        <Tabs.Tab value="benchmark">Benchmark</Tabs.Tab>
        <Tabs.Tab value="developer">Developer</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="runs" pt="sm">
        <Runs />
      </Tabs.Panel>
      <Tabs.Panel value="predictions" pt="sm">
        <Suspense>
          <Predictions />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="embeddings" pt="sm">
        <Suspense>
          <Embeddings />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="batch" pt="sm">
        <Suspense>
          <Batch />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="time" pt="sm">
        <div className={classes.pair}>
          <TimeChart />
          <MemoryChart />
        </div>
        <Suspense>
          <Waiting />
          <ChunkAccesses />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="benchmark" pt="sm">
        <Suspense>
          <BenchPanel />
        </Suspense>
      </Tabs.Panel>
      <Tabs.Panel value="developer" pt="sm">
        <Suspense>
          <DeveloperPanel />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}
