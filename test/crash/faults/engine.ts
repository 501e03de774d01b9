import type { Fault } from './fault.ts';

export const engineStopped: Fault = {
  name: 'Docker stopped',
  harmsVisitors: true,
  lastsMs: [0, 3_000],
  strike: (world) => world.engine.stop('SIGTERM'),
  mend: (world) => world.engine.start(),
};

export const engineKilled: Fault = {
  name: 'Docker killed',
  harmsVisitors: true,
  lastsMs: [0, 3_000],
  strike: (world) => world.engine.stop('SIGKILL'),
  mend: (world) => world.engine.start(),
};
