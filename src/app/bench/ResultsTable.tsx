import { ActionIcon, Button, Checkbox, FileButton } from '@mantine/core';
import { useState } from 'react';
import { encodeResults } from '../../run/benchFile.ts';
import { BENCH_SUITES } from '../../run/benchResult.ts';
import { saveFile } from '../inspect/saveFile.ts';
import { copyText } from '../share/copyText.ts';
import { forget, linkTo, openResultFile, runTheirs, toggleDrawn } from '../state/benchmarkActions.ts';
import { isBusy, tell, tellError, usePage } from '../state/store.ts';
import { Icon } from '../theme/Icon.tsx';
import classes from './Bench.module.css';
import { deviceText, headline, onProcessor, trainedText, whose } from './benchText.ts';
import type { KeptBenchmark } from './keptBenchmarks.ts';

/** Every result that was made or opened here, theirs beside mine; what runs on the processor in a group of its own. */
export function ResultsTable({ list }: { readonly list: readonly KeptBenchmark[] }) {
  const newest = list.toReversed();
  const groups = [
    ['GPUs', newest.filter(({ result }) => !onProcessor(result.device))],
    ['Software adapters and the CPU', newest.filter(({ result }) => onProcessor(result.device))],
  ] as const;
  return (
    <section className={classes.results} aria-label="All results">
      <header className={classes.head}>
        <h3>All results</h3>
        <FileButton accept="application/json,.json" onChange={(file) => file && openResultFile(file).catch(tellError)}>
          {(props) => (
            <Button {...props} size="compact-xs" variant="default">
              Open a result file
            </Button>
          )}
        </FileButton>
      </header>
      {list.length === 0 ? (
        <p className={classes.empty}>
          No results yet. Each result is kept in this browser; those of others come by a link, or by the file that this
          page and <code>npm run bench -- ladder --json</code> write.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section className={classes.scroll} aria-label="Results" tabIndex={0}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">draw</th>
                <th scope="col">whose</th>
                <th scope="col">do</th>
                <th scope="col">suite</th>
                <th scope="col">what</th>
                <th scope="col">device</th>
                <th scope="col">found</th>
                <th scope="col">when</th>
              </tr>
            </thead>
            {groups.map(([title, members]) =>
              members.length > 0 ? (
                <tbody key={title}>
                  <tr>
                    <th colSpan={8} scope="rowgroup" className={classes.rowgroup}>
                      {title}
                    </th>
                  </tr>
                  {members.map((kept) => (
                    <Row key={kept.id} kept={kept} />
                  ))}
                </tbody>
              ) : null,
            )}
          </table>
        </section>
      )}
    </section>
  );
}

function Row({ kept }: { readonly kept: KeptBenchmark }) {
  const { id, mine, result } = kept;
  const drawn = usePage((state) => state.drawnBenchmarks.includes(id));
  const busy = usePage(isBusy);
  const name = `result ${id}`;
  return (
    <tr>
      <td>
        <Checkbox size="xs" checked={drawn} aria-label={`Draw ${name}`} onChange={() => toggleDrawn(kept)} />
      </td>
      <th scope="row">
        {id} · <b>{whose(kept)}</b>
        {!mine && <small>unverified</small>}
      </th>
      <td>
        <div className={classes.actions}>
          {!mine && (
            <Button size="compact-xs" disabled={busy} onClick={() => void runTheirs(kept).catch(tellError)}>
              Run it here
            </Button>
          )}
          <LinkButton kept={kept} />
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Download ${name} as JSON`}
            onClick={() => saveFile(`edgewise-${result.suite}-${id}.json`, encodeResults([result]), 'application/json')}
          >
            JSON
          </Button>
          <ActionIcon
            variant="subtle"
            size="sm"
            color="gray"
            aria-label={`Delete ${name}`}
            onClick={() => void forget(id)}
          >
            <Icon name="bin" />
          </ActionIcon>
        </div>
      </td>
      <td>{BENCH_SUITES[result.suite].title}</td>
      <td className={classes.note}>{trainedText(result) || '–'}</td>
      <td>{deviceText(result.device)}</td>
      <td>
        {headline(result)}
        {result.throttled && <small>slowed down while it ran</small>}
      </td>
      <td>
        {new Date(result.at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })}
        <small>version {result.engine}</small>
      </td>
    </tr>
  );
}

/** Copies the link; where the page may not, it is shown to be copied by hand. */
function LinkButton({ kept }: { readonly kept: KeptBenchmark }) {
  const [link, setLink] = useState<string | null>(null);
  const make = async () => {
    const text = await linkTo(kept);
    setLink(text);
    tell(
      'info',
      (await copyText(text))
        ? 'Copied: a link that carries this result.'
        : 'The link stands beside its button, to be copied.',
    );
  };
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Copy a link to result ${kept.id}`}
        onClick={() => void make().catch(tellError)}
      >
        Link
      </Button>
      {link && (
        <input
          className={classes.link}
          readOnly
          value={link}
          aria-label={`Link to result ${kept.id}`}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </>
  );
}
