import { connect } from 'node:net';
import type { RouterLayout } from '../layout.ts';
import { findHaproxies, signal } from './processes.ts';
import type { HaproxySession } from './session.ts';
import { waitForSocket } from './start.ts';

/** Seconds that HAProxy has, from its start, until it must listen on its socket. */
const STARTING = 3;

/**
 * Finds the HAProxy that an earlier router left serving.
 * @param draining pids that are known to finish their last requests only
 * @returns undefined when none serves; then none is left that would share the ports of a new one
 */
export async function adoptHaproxy(
  layout: RouterLayout,
  draining: ReadonlySet<number>,
): Promise<HaproxySession | undefined> {
  const others = async () => (await findHaproxies(layout)).filter(({ pid }) => !draining.has(pid));
  const found = await others();
  if (found.length === 0) return undefined;
  const session = await waitForSocket(layout, STARTING * 1_000, async () =>
    (await others()).some(({ age }) => age < STARTING),
  );
  if (session !== undefined) return session;
  // Nobody answers. If someone listens all the same, it hangs; if nobody listens, these were replaced by a reload
  // and finish their last requests, and to be told so again changes nothing.
  const name = (await isListening(layout.haproxySocket)) ? 'SIGKILL' : 'SIGUSR1';
  for (const { pid } of await others()) signal(pid, name);
  return undefined;
}

/** Tells all but the serving process to take no new connections. */
export async function retireOthers(layout: RouterLayout, serving: number): Promise<void> {
  for (const { pid } of await findHaproxies(layout)) {
    if (pid !== serving) signal(pid, 'SIGUSR1');
  }
}

async function isListening(path: string): Promise<boolean> {
  const socket = connect(path);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => {
    resolve(true);
  });
  socket.once('error', () => {
    resolve(false);
  });
  const listening = await promise;
  socket.destroy();
  return listening;
}
