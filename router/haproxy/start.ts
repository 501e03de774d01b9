import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { RouterLayout } from '../layout.ts';
import { spawnHaproxy } from './processes.ts';
import { HaproxyLost } from './runtime-socket.ts';
import { HaproxySession } from './session.ts';

/** Milliseconds between looks at whether a starting HAProxy answers. */
const LOOK = 10;
/** Milliseconds to load a configuration of very many slots on a busy machine. */
const PATIENCE = 30_000;

/**
 * Starts HAProxy and resolves when it serves.
 * @param replaces pid of the process whose listeners it takes over without a gap
 * @throws Error with HAProxy's own words when it ends instead
 */
export async function startHaproxy(
  program: string,
  layout: RouterLayout,
  replaces?: number,
): Promise<HaproxySession> {
  const child = await spawnHaproxy(program, layout, replaces);
  let ended = false;
  const exit = once(child, 'exit').then(
    async () => {
      ended = true;
      return new Error((await lastWords(layout.log)) || 'it ended at once and said nothing');
    },
    (error: unknown) => {
      ended = true;
      return new Error(`${program} cannot be run (apt-get install haproxy)`, { cause: error });
    },
  );
  const session = await waitForSocket(layout, PATIENCE, async () => Promise.resolve(!ended), child.pid);
  if (session !== undefined) return session;
  if (!ended) child.kill('SIGKILL');
  throw await exit;
}

/**
 * Waits until HAProxy answers on its socket.
 * @param pid the only process that is meant; without: any
 * @param hope is asked while nothing answers; false gives up
 * @returns undefined after `patience` milliseconds or when there is no hope
 */
export async function waitForSocket(
  layout: RouterLayout,
  patience: number,
  hope: () => Promise<boolean>,
  pid?: number,
): Promise<HaproxySession | undefined> {
  const deadline = performance.now() + patience;
  do {
    const session = await openOrNothing(layout.haproxySocket);
    if (session !== undefined && (pid === undefined || session.pid === pid)) return session;
    session?.close();
    if (!(await hope())) return undefined;
    await delay(LOOK);
  } while (performance.now() < deadline);
  return undefined;
}

async function openOrNothing(socket: string): Promise<HaproxySession | undefined> {
  try {
    return await HaproxySession.open(socket);
  } catch (error) {
    if (error instanceof HaproxyLost) return undefined;
    throw error;
  }
}

async function lastWords(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const alerts = text.split('\n').filter((line) => line.includes('[ALERT]'));
  return alerts
    .map((line) => line.slice(line.indexOf(':') + 1).trim())
    .slice(0, 3)
    .join('; ');
}
