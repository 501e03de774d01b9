import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { Containers } from '../../../engines/docker/workloads/containers.ts';
import { BELIEVED_AFTER_MS, StartTrouble } from '../../../engines/docker/workloads/start-trouble.ts';

/** Docker 20.10 while it is being stopped. */
const STOPPING =
  'failed to update store for object type *libnetwork.endpoint: open : no such file or directory';

test.each([
  ['a command that is not there', 400, 'exec: "nosuch": executable file not found in $PATH', true],
  ['a user that the image does not have', 500, 'unable to find user nobody: no matching entries', true],
  ['an engine that is being stopped', 500, STOPPING, false],
])('%s', (_what, status, said, lasting) => {
  expect(new StartTrouble().isLasting('c1', status, said)).toBe(lasting);
});

test('an engine that goes on failing is believed in the end, and each container counts from its own first failure', () => {
  const trouble = new StartTrouble();
  expect(trouble.isLasting('c1', 500, STOPPING, 0)).toBe(false);
  expect(trouble.isLasting('c1', 500, STOPPING, BELIEVED_AFTER_MS - 1)).toBe(false);
  expect(trouble.isLasting('c2', 500, STOPPING, BELIEVED_AFTER_MS)).toBe(false);
  expect(trouble.isLasting('c1', 500, STOPPING, BELIEVED_AFTER_MS)).toBe(true);
  trouble.forget('c1');
  expect(trouble.isLasting('c1', 500, STOPPING, BELIEVED_AFTER_MS)).toBe(false);
});

test('what an engine says while it is being stopped refuses no release', async () => {
  const container = {
    id: 'c1',
    start: async () =>
      Promise.reject(Object.assign(new Error('500'), { statusCode: 500, json: { message: STOPPING } })),
  } as unknown as Docker.Container;
  const containers = new Containers(undefined as unknown as Docker, 'i1');
  await expect(containers.startPatiently(container)).rejects.toThrow(/failed to start a container/);
  await expect(containers.startPatiently(container)).rejects.not.toHaveProperty('reason');
  await expect(containers.start(container)).rejects.toMatchObject({ reason: { code: 'start_failed' } });
});
