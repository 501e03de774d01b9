import { PARTS, type Part } from '../../support/platform.ts';
import type { World } from '../world.ts';
import type { Fault } from './fault.ts';

const NAMES: { [part in Part]: string } = {
  redis: 'Redis killed',
  router: 'router killed',
  server: 'server killed',
  git: 'SSH front killed',
  builder: 'builder killed',
};

/** `kill -9` of one part; it is away for a moment, as under a supervisor that has begun to wait longer. */
export const killedParts: readonly Fault[] = PARTS.map((part) => ({
  name: NAMES[part],
  harmsVisitors: false,
  lastsMs: [0, 1_500],
  strike: (world) => world.down(part),
  mend: (world) => world.up(part),
}));

/** The router starts HAProxy again by itself. */
export const haproxyKilled: Fault = {
  name: 'HAProxy killed',
  harmsVisitors: true,
  lastsMs: [0, 0],
  strike: killHaproxy,
  mend: async () => undefined,
};

/** Everything at once, the engine with its containers too; then everything starts. */
export const everythingKilled: Fault = {
  name: 'everything killed',
  harmsVisitors: true,
  lastsMs: [0, 500],
  async strike(world) {
    const haproxy = killHaproxy(world);
    await Promise.all([haproxy, world.engine.powerOff(), ...PARTS.map((part) => world.down(part))]);
  },
  async mend(world) {
    await world.engine.start();
    await Promise.all(PARTS.map((part) => world.up(part)));
  },
};

async function killHaproxy(world: World): Promise<void> {
  process.kill(await world.platform.haproxyPid(), 'SIGKILL');
}
