import { afterAll, beforeAll, expect, it } from 'vitest';
import { request } from 'node:http';
import { TestServer, OPTIONS } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.remove());

function post(path: string, body: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const asked = request(
      {
        socketPath: server.context.settings.paths.serverSocket,
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (answer) => {
        let said = '';
        answer.setEncoding('utf8').on('data', (part: string) => (said += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: said }));
      },
    );
    asked.on('error', reject);
    asked.end(text);
  });
}

it('a push that began before its role was taken is not accepted', async () => {
  const { store, operations } = server.context;
  const app = await operations.createApp(server.alice, 'roles');
  const bob = store.people.create('bob', false);
  const commit = '1'.repeat(40);
  const push = { personId: bob.id, appId: app.id, commit, old: '0'.repeat(40), options: OPTIONS };
  const stranger = await post('/internal/pushes', push);
  expect(stranger).toMatchObject({ status: 404, text: expect.stringContaining('app_not_found') });
  store.people.setRole(app.id, bob.id, 'viewer');
  const viewer = await post('/internal/pushes', push);
  expect(viewer).toMatchObject({ status: 403, text: expect.stringContaining('role_too_low') });
  store.people.setRole(app.id, bob.id, 'deployer');
  expect((await post('/internal/pushes', push)).status).not.toBe(403);
});
