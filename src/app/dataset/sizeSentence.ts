import { type FileSize, MAX_UNCOUNTED_BYTES } from '../../worker/protocol.ts';
import { formatBytes, formatCount } from '../theme/format.ts';

/** How large a download will be, and who says so: what stands behind `Size:`. */
export function sizeSentence(files: readonly FileSize[]): string {
  if (files.some(({ bytes }) => bytes === null)) {
    return `the host did not say; no file of more than ${formatBytes(MAX_UNCOUNTED_BYTES)} is taken.`;
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes!, 0);
  const amount = total < 1000 ? formatBytes(total) : `${formatCount(total)} bytes (${formatBytes(total)})`;
  const told = files.filter(({ by }) => by !== 'catalogue');
  if (told.length === 0) return `${amount}.`;
  const [{ host, by }] = told;
  const says = `as ${host} ${by === 'listing' ? 'lists' : 'announces'} ${told.length === 1 ? 'it' : 'them'}`;
  if (files.length === 1) return `${amount}, ${says}.`;
  const some = told.length === files.length ? '' : told.length === 1 ? 'one of them ' : `${told.length} of them `;
  return `${amount} in ${files.length} files, ${some}${says}.`;
}

/** What is wrong with what its host lists; null where nothing is. */
export function troubleSentence(files: readonly FileSize[]): string | null {
  const wrong = files.find(({ instead }) => instead !== null);
  if (!wrong) return null;
  const { name, host, instead } = wrong;
  return instead === 'none'
    ? `${host} no longer lists ${name}: the download is likely to fail.`
    : `${host} lists another ${name} than the one that Edgewise knows: what arrives will not pass the check.`;
}
