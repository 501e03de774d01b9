import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runAttempt } from '../../../builder/attempt.ts';
import type { ServerClient } from '../../../builder/server-client.ts';
import type { ClaimedTask, Finish } from '../../../core/contracts/internal.ts';
import type { BuildRunner } from '../../../engines/port.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

it('a build that breaks the builder at once each time ends after a minute, and gives its place back', async () => {
  const finished: Finish[] = [];
  const server = {
    post: async (path: string, body: unknown) => {
      if (path.endsWith('/finish')) finished.push(body as Finish);
      return { received: Buffer.isBuffer(body) ? body.length : 0 };
    },
    open: (_path: string, signal: AbortSignal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('over')))),
  } as unknown as ServerClient;
  const runner = {
    run: async () => {
      throw new Error('no such thing');
    },
  } as unknown as BuildRunner;
  const task = { buildId: 'b', attempt: 1, logBytes: 0 } as ClaimedTask;
  const done = runAttempt(server, runner, task, new AbortController().signal, {
    error: () => undefined,
    know: () => undefined,
  });
  await vi.advanceTimersByTimeAsync(90_000);
  expect(finished).toMatchObject([{ result: 'failed', reason: { code: 'builder_error' } }]);
  await done;
});
