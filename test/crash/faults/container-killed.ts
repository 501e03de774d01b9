import { must } from '../../support/command.ts';
import type { Fault } from './fault.ts';

/** The newest container of the app dies, whichever release it is of. */
export const containerKilled: Fault = {
  name: 'container killed',
  harmsVisitors: true,
  lastsMs: [0, 0],
  async strike(world) {
    const { env } = world.platform;
    const filters = [
      '--filter',
      `label=sluice.app=${world.shop.id}`,
      '--filter',
      'label=sluice.kind=replica',
    ];
    const [newest = ''] = (await must('docker', ['ps', '-q', ...filters], { env })).split('\n');
    // While it is deleted there may be none any more.
    if (newest === '') return world.story.add('there is no container to kill');
    await must('docker', ['kill', newest], { env }).catch((error: unknown) => {
      if (!/No such container|is not running/.test(String(error))) throw error;
    });
  },
  mend: async () => undefined,
};
