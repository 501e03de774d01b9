import { readFile } from 'node:fs/promises';
import { eventually } from '../../support/eventually.ts';
import type { Fault } from './fault.ts';

/** A process that neither runs nor ends: as good as a machine that swaps. */
export const serverFrozen: Fault = {
  name: 'server frozen',
  harmsVisitors: false,
  lastsMs: [1_000, 5_000],
  async strike(world) {
    world.signal('server', 'SIGSTOP');
    await mustBeStopped(world.platform.pid('server') as number);
  },
  mend: async (world) => world.signal('server', 'SIGCONT'),
};

let frozen: number | undefined;

/** Longer than the router waits for it, so that the router may also replace it. */
export const haproxyFrozen: Fault = {
  name: 'HAProxy frozen',
  harmsVisitors: true,
  lastsMs: [1_000, 5_000],
  async strike(world) {
    frozen = await world.platform.haproxyPid();
    process.kill(frozen, 'SIGSTOP');
    await mustBeStopped(frozen);
  },
  async mend() {
    try {
      process.kill(frozen as number, 'SIGCONT');
    } catch (error) {
      // The router has ended it.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  },
};

/** On a busy machine it takes a moment. */
async function mustBeStopped(pid: number): Promise<void> {
  await eventually(`process ${pid} stands still`, async () =>
    /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8')),
  );
}
