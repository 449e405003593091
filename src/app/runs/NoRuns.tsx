import classes from './NoRuns.module.css';

export function NoRuns() {
  return (
    <p className={classes.empty}>
      No runs yet. Each run is kept in this browser with its settings, its curves and its device.
    </p>
  );
}
