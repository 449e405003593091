import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Config } from '../../config/schema.ts';
import type { SpeedView } from '../../worker/protocol.ts';
import { refreshDatasets } from '../state/datasetActions.ts';
import { trySpeed } from '../state/planActions.ts';
import { isBusy, type PageGraph, tellError, usePage } from '../state/store.ts';
import { describeSpeed } from './describeSpeed.ts';
import classes from './Speed.module.css';

/** How long an epoch takes here: tried for two seconds, when somebody asks. */
export function Speed() {
  const config = usePage((state) => state.config);
  const graph = usePage((state) => state.graph);
  const planned = usePage(({ forecast, refusal }) => forecast !== null && refusal === null);
  const busy = usePage(isBusy);
  const [trying, setTrying] = useState(false);
  const [tried, setTried] = useState<{ speed: SpeedView; config: Config; graph: PageGraph | null } | null>(null);
  const measure = async () => {
    setTrying(true);
    try {
      setTried({ speed: await trySpeed(), config, graph });
    } catch (error) {
      tellError(error);
    } finally {
      setTrying(false);
      // As a sampled run, it may have put a copy of its graph into the store.
      refreshDatasets().catch(tellError);
    }
  };
  // What was tried says nothing about another configuration.
  const shown = tried?.config === config && tried.graph === graph ? tried.speed : null;
  return (
    <section className={classes.speed} aria-label="Speed">
      <Button
        size="compact-xs"
        variant="default"
        disabled={busy || !planned}
        loading={trying}
        onClick={() => void measure()}
      >
        Try an epoch’s speed
      </Button>
      <p role="status">
        {shown
          ? describeSpeed(shown, config)
          : trying
            ? 'Training for about two seconds, without evaluation…'
            : 'Trains for about two seconds, without evaluation; no run is kept.'}
      </p>
    </section>
  );
}
