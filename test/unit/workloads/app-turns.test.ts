import { expect, it } from 'vitest';
import { AppTurns } from '../../../engines/replicas/app-turns.ts';

it('runs tasks of one app in order, also after one failed, and apps side by side', async () => {
  const turns = new AppTurns();
  const told: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.run('a', async () => {
    await gate.promise;
    told.push('a1');
    throw new Error('failed');
  });
  const second = turns.run('a', async () => told.push('a2'));
  await turns.run('b', async () => told.push('b1'));
  gate.resolve();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(told).toEqual(['b1', 'a1', 'a2']);
});
