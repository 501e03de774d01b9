import { must } from '../../support/command.ts';
import type { Fault } from './fault.ts';

export const redisWiped: Fault = {
  name: 'Redis wiped',
  harmsVisitors: false,
  sparesRollbacks: true,
  lastsMs: [0, 0],
  async strike(world) {
    const answer = await must('redis-cli', ['-s', world.platform.paths.redisSocket, 'FLUSHALL']);
    if (answer.trim() !== 'OK') throw new Error(`Redis was to be wiped and said ${answer}`);
  },
  mend: async () => undefined,
};
