/** What a test runner reported, as { passed, failed, skipped }, never better than its exit status. */

/** The counts in Vitest's JSON report. A file that could not even be loaded is one failure. */
export function countVitest(report) {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/** The counts in Playwright's JSON report. What went wrong outside of the tests has failed too. */
export function countPlaywright({ stats, errors }) {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length, skipped: stats.skipped };
}

/**
 * Holds the counts against how the runner ended: one that crashed, reported nothing, ran nothing or failed without naming a
 * test has failed once. `counts` is null where there is no report.
 */
export function withStatus(counts, status) {
  const { passed, failed, skipped } = counts ?? { passed: 0, failed: 0, skipped: 0 };
  const silent = counts === null || passed + failed + skipped === 0;
  return { passed, skipped, failed: failed === 0 && (status !== 0 || silent) ? 1 : failed };
}

export function addUp(all) {
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** `3 passed, 0 failed`, and `, 1 skipped` where some were. */
export function describeCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
