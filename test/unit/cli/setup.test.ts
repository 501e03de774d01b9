import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { status } from '../../support/cli/samples.ts';

let api: FakeApi;
let home: string;
let configFile: string;
const line = (comment: string) => `ssh-ed25519 ${'A'.repeat(68)} ${comment}`;

beforeEach(async () => {
  api = await FakeApi.start();
  api.on('setup', () => status);
  home = await mkdtemp(join(tmpdir(), 'sluice-home-'));
  configFile = join(home, '.config/sluice/config.json');
  await mkdir(join(home, '.ssh'));
});
afterEach(async () => {
  await api.stop();
  await rm(home, { recursive: true, force: true });
});

const run = (argv: string[], typed?: string) =>
  invoke(argv, {
    settings: { dataDir: api.dataDir, home, configFile, user: 'Alice' },
    ...(typed === undefined ? {} : { typed }),
  });

test('setup takes the login name and the key that ssh offers first, and remembers the platform', async () => {
  await writeFile(join(home, '.ssh/id_rsa.pub'), line('rsa'));
  await writeFile(join(home, '.ssh/id_ed25519.pub'), `${line('ed')}\n`);
  await writeFile(join(home, '.ssh/id_ed25519-cert.pub'), line('certificate'));
  const { code, stdout } = await run(['setup']);
  expect(code).toBe(0);
  expect(api.asked).toMatchObject([{ route: 'setup', body: { person: 'alice', publicKey: line('ed') } }]);
  expect(stdout).toContain('SSH address: ssh://sluice@127.0.0.1:2222\n');
  expect(stdout).toContain(`Host key:    ${status.ssh.fingerprint}\n`);
  expect(stdout).toContain('git push platform main');
  expect(JSON.parse(await readFile(configFile, 'utf8'))).toEqual({
    host: 'ssh://sluice@127.0.0.1:2222',
    fingerprint: status.ssh.fingerprint,
  });
  expect((await stat(configFile)).mode & 0o777).toBe(0o600);
});

test('setup asks which key when there are several and somebody to ask', async () => {
  await writeFile(join(home, '.ssh/work.pub'), line('work'));
  await writeFile(join(home, '.ssh/id_rsa.pub'), line('rsa'));
  const { code, stderr } = await run(['setup', '--person', 'bob'], '2\n');
  expect(code).toBe(0);
  expect(stderr).toContain('  2. ');
  expect(api.asked[0]?.body).toEqual({ person: 'bob', publicKey: line('work') });
});

test('setup --key - reads stdin', async () => {
  const { code } = await run(['setup', '--key', '-'], line('stdin'));
  expect(code).toBe(0);
  expect(api.asked[0]?.body).toEqual({ person: 'alice', publicKey: line('stdin') });
});

test('the private half never leaves the machine', async () => {
  const file = join(home, '.ssh/id_ed25519');
  await writeFile(file, '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n');
  const { code, stderr } = await run(['setup', '--key', file]);
  expect(code).toBe(2);
  expect(stderr).toContain(`Give the public half: ${file}.pub`);
  expect(api.asked).toEqual([]);
});

test("a second admin is refused in the platform's words, and nothing is remembered", async () => {
  await writeFile(join(home, '.ssh/id_rsa.pub'), line('rsa'));
  api.on('setup', () => new Refused(409, 'setup_done', 'there is an admin already', 'Ask alice'));
  const { code, stderr } = await run(['setup']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: ' !     there is an admin already\n !     Ask alice\n',
  });
  await expect(stat(configFile)).rejects.toThrow('ENOENT');
});

test('init writes what is missing, keeps what is there, and says what to type next', async () => {
  await writeFile(join(home, 'package.json'), '{"name":"x"}');
  await writeFile(join(home, 'Dockerfile'), 'mine');
  const first = await invoke(['init', '--json'], { folder: home });
  expect(JSON.parse(first.stdout)).toEqual({
    language: 'node',
    folder: home,
    written: ['.dockerignore', 'sluice.yaml'],
    kept: ['Dockerfile'],
  });
  expect(await readFile(join(home, 'Dockerfile'), 'utf8')).toBe('mine');
  const forced = await invoke(['init', '--force'], { folder: home });
  expect(forced.stdout).toContain('Next: git add Dockerfile .dockerignore sluice.yaml && git commit');
  expect(await readFile(join(home, 'Dockerfile'), 'utf8')).toMatch(/^FROM .* AS test$/m);
});

test('init in an empty folder asks for the language', async () => {
  await rm(join(home, '.ssh'), { recursive: true });
  const outcome = await invoke(['init'], { folder: home });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain('Name it: sluice init --language node');
  expect((await invoke(['init', '--language', 'static'], { folder: home })).code).toBe(0);
});
