import { expect, it } from 'vitest';
import { runAttempt } from '../../../builder/attempt.ts';
import type { ServerClient } from '../../../builder/server-client.ts';
import type { ClaimedTask } from '../../../core/contracts/internal.ts';
import type { BuildRunner } from '../../../engines/port.ts';

it.each([
  ['keeps the log of its builds: nothing comes between', true, 'of the build\n', 1],
  [
    'does not: the log says so',
    false,
    '       the builder could not run the build: away; trying again\nof the build\n',
    0,
  ],
])('a build whose engine was away is tried again; the engine %s', async (_, keepsLog, log, reports) => {
  let written = '';
  const server = {
    post: async (_path: string, body: unknown) => {
      if (Buffer.isBuffer(body)) written += body.toString();
      return { received: Buffer.byteLength(written) };
    },
    open: (_path: string, signal: AbortSignal) =>
      new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('over')))),
  } as unknown as ServerClient;
  const had: number[] = [];
  const runner: BuildRunner = {
    keepsLog,
    run: async ({ logBytes }, _tree, observer) => {
      had.push(logBytes);
      if (had.length === 1) throw new Error('away');
      await observer.log('of the build\n');
      return { result: 'cancelled' };
    },
    sweep: async () => undefined,
  };
  const task = { buildId: 'b', attempt: 1, logBytes: 0 } as ClaimedTask;
  const reported: string[] = [];
  const told = { error: (message: string) => void reported.push(message), know: () => undefined };
  await runAttempt(server, runner, task, new AbortController().signal, told);
  expect(written).toBe(log);
  // What the server has of the log when the runner is asked again is what the runner gave it.
  expect(had).toEqual([0, Buffer.byteLength(log) - Buffer.byteLength('of the build\n')]);
  expect(reported).toHaveLength(reports);
});
