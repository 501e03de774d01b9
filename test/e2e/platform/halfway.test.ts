import { access } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run } from '../../support/command.ts';
import type { Part } from '../../support/parts.ts';
import { Platform } from '../../support/platform.ts';

test.each<[Part, NodeJS.ProcessEnv]>([
  ['builder', { SLUICE_BUILD_SLOTS: 'many' }],
  ['git', { SLUICE_SSH_PORT: 'none' }],
])('a platform of the tests whose %s does not start leaves nothing behind', async (broken, env) => {
  let folder = '';
  const start = Platform.start(
    {},
    {
      prepare: async ({ root }) => void (folder = root.replace(/\/data$/, '')),
      partEnv: (part) => (part === broken ? env : {}),
    },
  );
  const failed: unknown = await start.catch((error: unknown) => error);
  expect(failed).toMatchObject({ message: expect.stringContaining(Object.keys(env)[0] as string) });
  expect(folder).not.toBe('');
  // The last of them end a moment after who told them to.
  await expect.poll(async () => (await run('pgrep', ['-af', folder])).stdout).toBe('');
  await expect(access(folder)).rejects.toThrow('ENOENT');
});
