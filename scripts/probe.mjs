/**
 * Run as `node --import tsx scripts/probe.mjs`: opens Dawn as the command line does and prints as JSON which adapter it got
 * and which VK_DRIVER_FILES that takes (null: none), or { reason } where there is none. A process of its own, because a
 * driver that crashes takes its process with it.
 */
import { openDawn } from '../src/cli/dawn.ts';

const dawn = await openDawn();
if (typeof dawn === 'string') {
  console.log(JSON.stringify({ reason: dawn }));
} else {
  const { vendor, architecture, description } = dawn.adapter;
  const adapter = description || [vendor, architecture].filter(Boolean).join(' ');
  console.log(JSON.stringify({ adapter, driver: dawn.driver, manifest: process.env.VK_DRIVER_FILES ?? null }));
  dawn.close();
}
