import { newSecret } from '../secret.ts';
import { sluiceUntil } from '../pushing.ts';
import type { Operation } from './operation.ts';

export const configChange: Operation = {
  name: 'config change',
  places: ['config release starting', 'promoting', 'retiring'],
  async carryOut(world, app, number) {
    const changes = { SETTING: `run-${number}`, SECRET: newSecret(world, app) };
    const pairs = Object.entries(changes).map(([key, value]) => `${key}=${value}`);
    await sluiceUntil(world, ['config:set', '-a', app.name, ...pairs]);
    app.config = { ...app.config, ...changes };
    // Set again, they change nothing.
    await sluiceUntil(world, ['config:set', '-a', app.name, ...pairs]);
  },
};
