import { usePage } from '../state/store.ts';
import { KeySheet } from './KeySheet.tsx';
import { Tour } from './Tour.tsx';

/** What explains the page and lies over it. */
export function Guide() {
  const guide = usePage((state) => state.guide);
  if (guide === 'tour') return <Tour />;
  return guide === 'keys' ? <KeySheet /> : null;
}
