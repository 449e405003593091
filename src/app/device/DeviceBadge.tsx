import { UnstyledButton } from '@mantine/core';
import { TERMS } from '../glossary/terms.ts';
import { usePage } from '../state/store.ts';
import { deviceName, formatBytes, formatCount } from '../theme/format.ts';
import { Popover } from '../theme/Popover.tsx';
import { addressOn, choseProcessor } from './chosen.ts';
import classes from './DeviceBadge.module.css';

/** What this browser trains on; a software adapter and the CPU are named as such. The other of the two is a reload away. */
export function DeviceBadge() {
  const device = usePage((state) => state.device);
  if (!device) return <span className={classes.badge}>Looking for a GPU</span>;
  const { info, fallback, features, limits } = device;
  const chosen = choseProcessor(location.search);
  const kind = chosen ? 'CPU' : fallback ? 'no GPU' : info.software ? 'software' : 'GPU';
  return (
    <Popover
      label="Device"
      width={340}
      button={(opens) => (
        <UnstyledButton
          className={classes.badge}
          data-kind={kind}
          aria-label={`Device: ${kind} ${deviceName(info)}`}
          {...opens}
        >
          <b>{kind}</b> <span className={classes.name}>{deviceName(info)}</span>
        </UnstyledButton>
      )}
    >
      <div className={classes.details}>
        {chosen && (
          <p>
            Training runs on the processor, because the address of this page asks for it: everything works, with the
            same plan. <a href={addressOn(false, location)}>Use the GPU</a>
          </p>
        )}
        {fallback && !chosen && (
          <p>
            {fallback} Training runs on the processor instead: everything works, with the same plan, and slower. WebGPU
            is in Chrome, Edge, Safari 26 and Firefox 141 or later.
          </p>
        )}
        {!fallback && (
          <p>
            {info.software &&
              `${TERMS.software} The processor by itself was 3 to 50 times as fast where we measured it. `}
            <a href={addressOn(true, location)}>Train on the processor instead</a>
          </p>
        )}
        <dl>
          <dt>adapter</dt>
          <dd className={classes.long}>{deviceName(info)}</dd>
          {info.vendor && <dt>vendor</dt>}
          {info.vendor && (
            <dd className={classes.long}>{[info.vendor, info.architecture].filter(Boolean).join(' ')}</dd>
          )}
          {Object.entries(limits).map(([name, value]) => [
            <dt key={name}>{name}</dt>,
            <dd key={`${name}=`}>{/Size$/.test(name) ? formatBytes(value) : formatCount(value)}</dd>,
          ])}
          {features.length > 0 && <dt>features</dt>}
          {features.length > 0 && <dd className={classes.long}>{features.join(', ')}</dd>}
        </dl>
        {!fallback && <p>How much memory the GPU has is not visible to a page: the slider is yours.</p>}
      </div>
    </Popover>
  );
}
