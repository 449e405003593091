import { ActionIcon, Button } from '@mantine/core';
import { useMemo } from 'react';
import { isActive } from '../state/run.ts';
import { isBusy, tellError, usePage } from '../state/store.ts';
import { deviceName } from '../theme/format.ts';
import { Icon } from '../theme/Icon.tsx';
import { CopyLink } from './CopyLink.tsx';
import { seriesColor } from './colors.ts';
import classes from './Lesson.module.css';
import { format, LessonChart } from './LessonChart.tsx';
import { closeLesson, giveUpLesson, runExperiment, runLesson } from './lessonActions.ts';
import { answersOf, type Lesson as LessonData, lessonOf } from './lessons.ts';

/** The lesson that is open: its question, its runs, and what they gave here. */
export function Lesson() {
  const lesson = usePage((state) => lessonOf(state.lesson ?? ''));
  return lesson && <Opened lesson={lesson} />;
}

function Opened({ lesson }: { lesson: LessonData }) {
  const kept = usePage((state) => state.kept);
  const busy = usePage(isBusy);
  const ready = usePage((state) => state.device !== null && state.graph !== null);
  const going = usePage((state) => state.lessonRuns);
  const active = usePage((state) => isActive(state.run));
  const answers = useMemo(() => answersOf(lesson, kept), [lesson, kept]);
  const done = answers.filter((run) => run !== null).length;
  const names = [...new Set(lesson.experiments.map(({ series }) => series))];
  const labels = [...new Set(lesson.experiments.map(({ label }) => label))];
  const at = (name: string, label: string) =>
    lesson.experiments.findIndex((experiment) => experiment.series === name && experiment.label === label);
  const devices = [...new Set(answers.flatMap((run) => (run ? [deviceName(run.record.device)] : [])))];
  const software = answers.some((run) => run?.record.device.software);
  return (
    <section className={classes.lesson} aria-label={`Lesson: ${lesson.title}`}>
      <header className={classes.head}>
        <h2>{lesson.title}</h2>
        <CopyLink hash={`#lesson=${lesson.id}`} />
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Close the lesson" onClick={closeLesson}>
          <Icon name="close" />
        </ActionIcon>
      </header>
      <p className={classes.question}>{lesson.question}</p>
      <div className={classes.body}>
        <div className={classes.text}>
          <p>{lesson.watch}</p>
          <p className={classes.source}>
            <a href={lesson.source.url} target="_blank" rel="noreferrer">
              {lesson.source.text}
            </a>
          </p>
          <div className={classes.actions}>
            {going ? (
              <Button size="compact-sm" variant="default" onClick={giveUpLesson}>
                Stop
              </Button>
            ) : (
              <Button
                size="compact-sm"
                disabled={!ready || busy || done === answers.length}
                onClick={() => runLesson(lesson).catch(tellError)}
              >
                {done === 0 ? `Train all ${answers.length}` : 'Train those that are left'}
              </Button>
            )}
            <span role="status">
              {done} of {answers.length} runs done{active && going ? ', training' : ''}
            </span>
          </div>
        </div>
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{lesson.axis}</th>
                {names.map((name, s) => (
                  <th key={name} scope="col">
                    <span className={classes.dot} style={{ background: seriesColor(s) }} /> {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {names.map((name) => {
                    const experiment = lesson.experiments[at(name, label)];
                    const run = answers[at(name, label)];
                    return (
                      <td key={name}>
                        {run ? (
                          lesson.measures.map((measure) => format(measure, measure.of(run.record))).join(' · ')
                        ) : (
                          <Button
                            size="compact-xs"
                            variant="default"
                            disabled={!ready || busy || going}
                            aria-label={`Train ${name}, ${lesson.axis} ${label}`}
                            onClick={() => runExperiment(lesson, experiment).catch(tellError)}
                          >
                            Train
                          </Button>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className={classes.charts}>
          {done > 0 &&
            lesson.measures.map((measure) => (
              <LessonChart
                key={measure.title}
                measure={measure}
                axis={lesson.axis}
                labels={labels}
                series={names.map((name) => ({
                  name,
                  values: labels.map((label) => {
                    const run = answers[at(name, label)];
                    return run ? measure.of(run.record) : null;
                  }),
                }))}
              />
            ))}
        </div>
      </div>
      {devices.length > 0 && (
        <p className={classes.source}>
          Measured on {devices.join(' and ')}
          {software ? ', in software: its times say nothing about a GPU' : ''}.
        </p>
      )}
    </section>
  );
}
