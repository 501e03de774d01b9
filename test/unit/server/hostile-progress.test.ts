import { expect, it } from 'vitest';
import { Progress } from '../../../server/controller/progress.ts';
import type { RolloutRow } from '../../../server/store/rollouts.ts';
import type { BuildLogs } from '../../../server/logs.ts';

it('what a release command is called and says cannot steer the terminal of who reads the log', async () => {
  let log = '';
  const logs = {
    append: async (_build: string, text: string | Uint8Array) =>
      void (log += Buffer.from(text as string).toString()),
  } as unknown as BuildLogs;
  const progress = new Progress(logs);
  const rollout = { id: 'r', build_id: 'b' } as RolloutRow;
  await progress.step(rollout, 'Release phase: echo \u001b]0;x\u0007');
  await progress.output(rollout, Buffer.from('\u001b[31mred\u001b[0m \u001b]52;c;eA==\u0007\u001b[2Jgone\n'));
  expect(log).toBe('-----> Release phase: echo ?]0;x?\n\u001b[31mred\u001b[0m gone\n');
});
