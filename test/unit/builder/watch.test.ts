import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ServerClient } from '../../../builder/server-client.ts';
import { watch } from '../../../builder/watch.ts';

test('a cancelled watch stays open until the attempt is over, and hanging up then harms nobody', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sl-watch-'));
  const hungUp = Promise.withResolvers<void>();
  let open = true;
  const server = createServer((_request, response) => {
    response.write('{"event":"alive"}\n{"event":"cancel"}\n');
    response.on('close', () => {
      open = false;
      hungUp.resolve();
    });
  }).listen(join(folder, 'server.sock'));
  await once(server, 'listening');
  const client = new ServerClient(join(folder, 'server.sock'));
  const over = new AbortController();
  expect(await watch(client, '/watch', over.signal)).toBe('cancel');
  expect(open).toBe(true);
  over.abort();
  await hungUp.promise;
  client.close();
  server.close();
  await rm(folder, { recursive: true });
});
