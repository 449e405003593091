import { expose } from 'comlink';
import { newProjector } from './projectorApi.ts';

/** The projector worker: it has the rows of an embedding and a thread to itself. */
expose(newProjector());
