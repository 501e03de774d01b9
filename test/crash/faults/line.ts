import { readFile } from 'node:fs/promises';
import { eventually } from '../../support/eventually.ts';
import type { Part } from '../../support/parts.ts';
import { noisyPush } from '../operations/pushes.ts';
import type { Operation } from '../operations/operation.ts';
import type { PlaceName } from '../places.ts';
import type { World } from '../world.ts';
import type { Fault } from './fault.ts';

const FEEDERS: readonly Part[] = ['git', 'server'];
const BUILD_MS = 120_000;

/** The pusher's git and ssh are gone in a moment; the push goes on and is attached to by pushing again. */
export const lineCut: Fault = {
  name: "pusher's line cut",
  harmsVisitors: false,
  sparesRollbacks: true,
  lastsMs: [0, 0],
  suits: (operation: Operation, place: PlaceName | undefined) =>
    operation.name.includes('push') && place !== undefined && place !== 'at rest' && place !== 'retiring',
  async strike(world) {
    world.pusher?.signal('SIGKILL');
    await world.pusher?.ended;
  },
  mend: async () => undefined,
};

/** The pusher reads nothing any more while its build prints megabytes, and reads on once that build has ended. */
export const readerStalled: Fault = {
  name: 'pusher stops reading',
  harmsVisitors: false,
  sparesRollbacks: true,
  lastsMs: [0, 0],
  suits: (operation: Operation, place: PlaceName | undefined) =>
    operation === noisyPush && place === 'testing',
  async strike(world) {
    const before = await resident(world);
    world.pusher?.signal('SIGSTOP');
    const buildEnded = await eventually(
      'the build goes on without its reader',
      () => world.watch.look().some((sight) => sight.appId === world.shop.id && sight.builds.length === 0),
      BUILD_MS,
    ).catch(() => false);
    const after = await resident(world);
    world.record.readers.push({
      app: world.shop.name,
      buildEnded,
      grownMb: Object.fromEntries(FEEDERS.map((part) => [part, (after[part] ?? 0) - (before[part] ?? 0)])),
    });
  },
  mend: async (world) => world.pusher?.signal('SIGCONT'),
};

/** Resident memory in MB. */
async function resident(world: World): Promise<{ [part: string]: number }> {
  const sizes = await Promise.all(
    FEEDERS.map(async (part) => {
      const status = await readFile(`/proc/${world.platform.pid(part) ?? 0}/status`, 'utf8');
      return [part, Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024)] as const;
    }),
  );
  return Object.fromEntries(sizes);
}
