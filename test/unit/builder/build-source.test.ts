import { expect, it } from 'vitest';
import { runAttempt } from '../../../builder/attempt.ts';
import type { ServerClient } from '../../../builder/server-client.ts';
import type { ClaimedTask } from '../../../core/contracts/internal.ts';
import type { BuildRunner, BuildSource } from '../../../engines/port.ts';

async function sourceGiven(task: Partial<ClaimedTask>, url?: string): Promise<BuildSource> {
  const server = {
    post: async (path: string) =>
      path === '/internal/builds/b/attempts/1/secrets' ? { TOKEN: 'value' } : { received: 0 },
    open: (_path: string, signal: AbortSignal) =>
      new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('over')))),
  } as unknown as ServerClient;
  let given: BuildSource | undefined;
  const runner: BuildRunner = {
    run: async (_task, source) => {
      given = source;
      expect(await source.secrets()).toEqual({ TOKEN: 'value' });
      return { result: 'cancelled' };
    },
    sweep: async () => undefined,
  };
  const claimed = { buildId: 'b', attempt: 1, logBytes: 0, ...task } as ClaimedTask;
  await runAttempt(
    server,
    runner,
    claimed,
    new AbortController().signal,
    { error: () => undefined, know: () => undefined },
    url,
  );
  if (given === undefined) throw new Error('the runner was not asked');
  return given;
}

it('a build gets its secrets from the server, when it asks for them', async () => {
  expect(await sourceGiven({})).not.toHaveProperty('remote');
});

it('what runs elsewhere is told where its tree and its secrets are, with the token of its attempt', async () => {
  const { remote } = await sourceGiven({ attemptToken: 'token' }, 'http://server:7002');
  expect(remote).toEqual({
    tree: 'http://server:7002/trees/b/1',
    secrets: 'http://server:7002/secrets/b/1',
    token: 'token',
  });
});
