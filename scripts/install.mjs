/** Installs what `npm test` needs from the machine and does not find; npm test names this command where it may not do it itself. */
import { MachineError, prepareMachine } from './machine.mjs';

try {
  const { chrome, driver } = prepareMachine();
  console.log(`Browser ${chrome}; adapter ${driver.adapter}, from ${driver.driver}.`);
} catch (error) {
  if (!(error instanceof MachineError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
