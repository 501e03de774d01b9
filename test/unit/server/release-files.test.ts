import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReleaseSpec } from '../../../engines/port.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let app: AppRow;

beforeEach(async () => {
  server = await TestServer.start();
  app = await server.app('shop');
});
afterEach(() => server.remove());

async function live(files: Record<string, string> = {}): Promise<ReleaseSpec | undefined> {
  const commit = await server.commit(app, { Dockerfile: 'FROM busybox:1\n', ...files });
  await server.deploy(app, commit, 'image-1');
  return server.context.operations.liveSpec(app);
}

test('what is a file is in no variable but the one with its place, and a variable of that name wins', async () => {
  const entries = {
    PLAIN: 'plain',
    KEY: { value: 'of the file', secret: true, file: true },
    NPM_TOKEN: { value: 'of builds', secret: true, build: true },
    OWN: { value: 'elsewhere', secret: true, file: true },
    OWN_FILE: '/etc/own',
  };
  server.context.store.configs.add(app, entries, server.alice.id);
  const spec = await live();
  expect(spec?.files).toEqual({ KEY: 'of the file', OWN: 'elsewhere' });
  expect(spec?.env).toMatchObject({ PLAIN: 'plain', KEY_FILE: '/run/secrets/KEY', OWN_FILE: '/etc/own' });
  expect(JSON.stringify(spec?.env)).not.toMatch(/of the file|of builds|NPM_TOKEN/);
});

test('what app.json requires may be a file', async () => {
  server.context.store.configs.add(
    app,
    { KEY: { value: 'of the file', secret: true, file: true } },
    server.alice.id,
  );
  const appJson = JSON.stringify({ env: { KEY: { required: true } } });
  expect(await live({ 'app.json': appJson })).toMatchObject({ releaseNumber: 1 });
});
