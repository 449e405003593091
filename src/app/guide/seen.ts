/** Whether this browser has been offered the tour; without storage it is not offered at all, because it would come every time. */
const KEY = 'edgewise:tour';

export function tourIsNew(): boolean {
  try {
    return localStorage.getItem(KEY) === null;
  } catch {
    return false;
  }
}

export function tourIsSeen(): void {
  try {
    localStorage.setItem(KEY, 'seen');
  } catch {
    // Nothing is kept in this browser.
  }
}
