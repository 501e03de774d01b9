import type { Fault } from './fault.ts';

export const diskFull: Fault = {
  name: 'disk full',
  harmsVisitors: false,
  sparesRollbacks: true,
  lastsMs: [1_000, 6_000],
  async strike(world) {
    world.record.diskWasFull = true;
    await world.disk.fill();
  },
  mend: (world) => world.disk.free(),
};
