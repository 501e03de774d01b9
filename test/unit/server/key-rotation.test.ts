import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyRotation, type RotationStep } from '../../../server/platform/key-rotation.ts';
import { masterKeys } from '../../../server/platform/master-key.ts';
import { Store } from '../../../server/store/store.ts';
import { masterKeyId, Vault } from '../../../server/store/vault.ts';
import { TestServer } from '../../support/server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The journal and its keys as a start of the server finds them. */
async function start(environment: { masterKey?: string; oldMasterKey?: string } = {}) {
  const file = join(folder, 'master.key');
  const ring = await masterKeys({ ...environment, paths: { masterKey: file } });
  const vault = new Vault(ring.current, ring.older);
  const store = new Store(join(folder, 'journal.db'), vault);
  store.keys.check();
  const rotation = new KeyRotation({ store, vault, ring, file, log: pino({ level: 'silent' }) });
  return { store, rotation, file, ring };
}

type Started = Awaited<ReturnType<typeof start>>;

function makeApps({ store }: Started, names: readonly string[]): void {
  for (const name of names) {
    const app = store.apps.create(name, 'root', store.targetId);
    store.configs.add(app, { NAME: { value: `secret of ${name}`, secret: true } }, 'root');
  }
}

function secretsOf({ store }: Started): string[] {
  return store.apps.all().map((app) => store.configs.newest(app).values['NAME'] ?? '');
}

function rowsOf({ db }: Store): { action: string; via: string; detail: string }[] {
  return db.all("SELECT action, via, detail FROM events WHERE action LIKE 'master-key.%' ORDER BY id");
}

const APPS = Array.from({ length: 230 }, (_, index) => `app-${index}`);
const SECRETS = APPS.map((name) => `secret of ${name}`).toSorted();

test('a new key replaces the old one while apps are made and read, and the old one opens nothing any more', async () => {
  const platform = await start();
  makeApps(platform, APPS);
  const audit = Buffer.from(platform.store.keys.named('audit').bytes);
  const before = await readFile(platform.file, 'utf8');
  const { id } = platform.rotation.state();
  const seen: RotationStep[] = [];
  for await (const step of platform.rotation.steps()) {
    makeApps(platform, [`meanwhile-${seen.length}`]);
    seen.push(step);
    expect(secretsOf(platform)).toHaveLength(APPS.length + seen.length);
  }
  expect(seen).toEqual(['made', 'wrapped', 'wrapped', 'wrapped', 'proven', 'replaced']);
  expect(platform.rotation.state()).toMatchObject({ source: 'file', keys: APPS.length + 7, waiting: 0 });
  expect(platform.rotation.state().id).not.toBe(id);
  const after = await readFile(platform.file, 'utf8');
  expect(after).not.toBe(before);
  expect((await stat(platform.file)).mode & 0o777).toBe(0o600);
  platform.store.close();
  const again = await start();
  expect(secretsOf(again)).toHaveLength(APPS.length + 6);
  expect(Buffer.from(again.store.keys.named('audit').bytes)).toEqual(audit);
  again.store.close();
  await writeFile(platform.file, before, { mode: 0o600 });
  await expect(start()).rejects.toThrow(/does not open this journal: it was sealed by another one/);
});

describe('a crash after any step loses nothing, and the next start goes on', () => {
  test.each([1, 2, 3, 4, 5, 6])('%i', async (steps) => {
    const crashed = await start();
    makeApps(crashed, APPS);
    const { id } = crashed.rotation.state();
    let done = 0;
    const rotation = crashed.rotation.steps();
    while (done < steps && (await rotation.next()).done !== true) done++;
    crashed.store.close();

    // Once more in the middle of going on.
    const between = await start();
    expect(secretsOf(between).toSorted()).toEqual(SECRETS);
    makeApps(between, ['new']);
    between.store.close();

    const resumed = await start();
    await resumed.rotation.resume();
    // Whatever it was that a crash left undone, who began it and that it ended are both written down.
    expect(rowsOf(resumed.store)[0]).toMatchObject({ action: 'master-key.rotate' });
    expect(rowsOf(resumed.store).at(-1)).toMatchObject({ action: 'master-key.rotated' });
    expect(resumed.rotation.state()).toMatchObject({ keys: APPS.length + 2, waiting: 0 });
    expect(resumed.rotation.state().id).not.toBe(id);
    expect(secretsOf(resumed)).toHaveLength(APPS.length + 1);
    await expect(stat(`${resumed.file}.next`)).rejects.toThrow('ENOENT');
    resumed.store.close();
    const last = await start();
    expect(last.ring.older).toEqual([]);
    expect(secretsOf(last)).toHaveLength(APPS.length + 1);
    last.store.close();
  });
});

test('two that ask at once get one rotation', async () => {
  const platform = await start();
  makeApps(platform, ['one']);
  const [a, b] = await Promise.all([platform.rotation.rotate(), platform.rotation.rotate()]);
  expect(a.id).toBe(b.id);
  expect((await platform.rotation.rotate()).id).not.toBe(a.id);
  expect(secretsOf(platform)).toEqual(['secret of one']);
  platform.store.close();
});

test('nothing goes away when a key of the journal does not open with the new one', async () => {
  const platform = await start();
  makeApps(platform, ['one', 'two']);
  const before = await readFile(platform.file, 'utf8');
  await expect(async () => {
    for await (const step of platform.rotation.steps()) {
      if (step === 'wrapped')
        platform.store.db.run("UPDATE wrapped_keys SET box = x'00' WHERE app_id IS NOT NULL");
    }
  }).rejects.toThrow();
  expect(await readFile(platform.file, 'utf8')).toBe(before);
  expect(await stat(`${platform.file}.next`)).toBeDefined();
  expect(rowsOf(platform.store).map(({ action }) => action)).toEqual(['master-key.rotate']);
  platform.store.close();
});

test('a key of the environment follows that of the file, and another one that; each start says what is still needed', async () => {
  const first = await start();
  makeApps(first, ['one']);
  first.store.close();
  const [one, two] = [randomBytes(32).toString('hex'), randomBytes(32).toString('base64')];
  const fromFile = await start({ masterKey: one });
  expect(fromFile.rotation.state()).toMatchObject({ source: 'environment', keys: 0, waiting: 2 });
  await fromFile.rotation.resume();
  await rm(fromFile.file);
  await expect(fromFile.rotation.rotate()).rejects.toMatchObject({
    reason: { code: 'master_key_from_environment', hint: expect.stringContaining('SLUICE_MASTER_KEY_OLD') },
  });
  fromFile.store.close();
  await expect(start({ masterKey: two })).rejects.toThrow(
    new RegExp(`its id is ${masterKeyId(Buffer.from(one, 'hex'))}`),
  );
  const other = await start({ masterKey: two, oldMasterKey: one });
  await other.rotation.resume();
  expect(other.rotation.state()).toMatchObject({ keys: 2, waiting: 0 });
  other.store.close();
  const alone = await start({ masterKey: two });
  expect(secretsOf(alone)).toEqual(['secret of one']);
  alone.store.close();
});

test('over the API, root on the machine replaces it, with a build under way that goes on, and it is written down', async () => {
  const server = await TestServer.start();
  const app = await server.app('shop');
  const { context } = server;
  await context.operations.setSecrets(server.alice, app, { values: { TOKEN: 'hidden-value' } });
  const token = context.tokens.of('build1', 1);
  const answer = await server.post('/v1/master-key/rotate', {});
  expect(answer).toMatchObject({ status: 200, body: { source: 'file', waiting: 0 } });
  expect(context.store.configs.newest(app).values).toEqual({ TOKEN: 'hidden-value' });
  expect(rowsOf(context.store)).toMatchObject([
    { action: 'master-key.rotate', via: 'machine', detail: expect.stringContaining('"from":') },
    { action: 'master-key.rotated', via: 'machine', detail: expect.stringContaining('"keys":') },
  ]);
  await server.close();
  await server.open();
  expect(server.context.tokens.isOf(token, 'build1', 1)).toBe(true);
  expect(server.context.store.configs.newest(app).values).toEqual({ TOKEN: 'hidden-value' });
  await server.remove();
});

test('a rotation that a fault stopped half-way is found by the doctor, and goes on when it is asked for again', async () => {
  const server = await TestServer.start();
  for (const name of ['one', 'two']) await server.app(name);
  const { context } = server;
  const finding = async () => (await context.doctor()).find(({ name }) => name === 'master key');
  expect(await finding()).toEqual({
    name: 'master key',
    ok: true,
    message: 'one master key opens the journal',
  });
  const [key] = context.store.db.all<{ name: string; box: Uint8Array }>(
    'SELECT name, box FROM wrapped_keys WHERE app_id IS NOT NULL',
  );
  const put = (box: Uint8Array): unknown =>
    context.store.db.run('UPDATE wrapped_keys SET box = ? WHERE name = ?', box, key?.name ?? '');
  put(Buffer.of(0));
  expect((await server.post('/v1/master-key/rotate', {})).status).toBe(500);
  const { waiting } = context.rotation.state();
  expect(waiting).toBeGreaterThan(0);
  expect(await finding()).toMatchObject({
    ok: false,
    message: `the master key is being replaced, and ${waiting} keys of the journal still need an older one`,
    fix: expect.stringMatching(/^sudo sluice master-key:rotate /),
  });
  put(key?.box ?? Buffer.of());
  expect(await server.post('/v1/master-key/rotate', {})).toMatchObject({ status: 200, body: { waiting: 0 } });
  expect(await finding()).toMatchObject({ ok: true });
  await server.remove();
});
