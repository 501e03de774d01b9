import { PARTS, type Part } from '../../support/parts.ts';
import { descendants, kill } from '../processes.ts';
import type { Fault } from './fault.ts';

const NAMES: { [part in Part]: string } = {
  redis: 'Redis killed',
  router: 'router killed',
  server: 'server killed',
  git: 'SSH front killed',
  builder: 'builder killed',
};

/** Going back asks neither for work nor for a push. */
const SPARE_ROLLBACKS: ReadonlySet<Part> = new Set(['redis', 'builder']);

/** `kill -9` of one part; it is away for a moment, as under a supervisor that has begun to wait longer. */
export const killedParts: readonly Fault[] = PARTS.map((part) => ({
  name: NAMES[part],
  harmsVisitors: false,
  sparesRollbacks: SPARE_ROLLBACKS.has(part),
  lastsMs: [0, 1_500],
  strike: (world) => world.down(part),
  mend: (world) => world.up(part),
}));

/** The router starts HAProxy again by itself. */
export const haproxyKilled: Fault = {
  name: 'HAProxy killed',
  harmsVisitors: true,
  lastsMs: [0, 0],
  async strike(world) {
    process.kill(await world.platform.haproxyPid(), 'SIGKILL');
  },
  mend: async () => undefined,
};

/** Everything at once, the engine with its containers too; then everything starts. */
export const everythingKilled: Fault = {
  name: 'everything killed',
  harmsVisitors: true,
  lastsMs: [0, 500],
  async strike(world) {
    const parts = PARTS.flatMap((part) => world.platform.pid(part) ?? []);
    // Git too, which would go on for a moment and take its locks away.
    const others = [await world.platform.haproxyPid(), ...(await descendants(parts))];
    const down = PARTS.map((part) => world.down(part));
    others.forEach(kill);
    await Promise.all([world.engine.powerOff(), ...down]);
  },
  async mend(world) {
    await world.engine.start();
    await Promise.all(PARTS.map((part) => world.up(part)));
  },
};
